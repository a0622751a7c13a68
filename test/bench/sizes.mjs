/** How much of each thing is measured. */
export const fullSizes = {
  connections: 64,
  lanes: 64,
  readers: 1_000,
  compressedReaders: 200,
  idle: 10_000,
  crowds: [100, 1_000, 10_000],
  routes: [1, 10, 100, 1_000],
  oneRoom: { members: 400, count: 200, warmUp: 100, rate: 50 },
  manyRooms: { rooms: 1_000, members: 4, count: 2_500, warmUp: 1_500, rate: 500 },
  redisCore: { rooms: 100, members: 8, count: 20_000, warmUp: 5_000 },
  roomLatency: { count: 500, rate: 100 },
  resumeStorm: { rooms: 100, members: 20 },
  memberships: 2_000,
};

export const smokeSizes = {
  connections: 8,
  lanes: 8,
  readers: 20,
  compressedReaders: 10,
  idle: 100,
  crowds: [10, 50],
  routes: [1, 20],
  oneRoom: { members: 20, count: 10, warmUp: 5, rate: 50 },
  manyRooms: { rooms: 20, members: 4, count: 50, warmUp: 20, rate: 500 },
  redisCore: { rooms: 10, members: 8, count: 200, warmUp: 50 },
  roomLatency: { count: 20, rate: 100 },
  resumeStorm: { rooms: 10, members: 5 },
  memberships: 20,
};
