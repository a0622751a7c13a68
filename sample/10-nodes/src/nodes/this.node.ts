/** The name of this process and those of all, as `main.ts` passes them. */
export const thisNode = {
  name: process.env.NODE_NAME ?? 'a',
  all: (process.env.NODE_NAMES ?? 'a').split(','),
};
