/** How much of each thing is measured. */
export const fullSizes = {
  connections: 64,
  lanes: 64,
  readers: 1_000,
  compressedReaders: 200,
  idle: 10_000,
  crowds: [100, 1_000, 10_000],
  routes: [1, 10, 100, 1_000],
};

export const smokeSizes = {
  connections: 8,
  lanes: 8,
  readers: 20,
  compressedReaders: 10,
  idle: 100,
  crowds: [10, 50],
  routes: [1, 20],
};
