import { createApp } from './create-app.js';

const app = await createApp();
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);

const { port } = new URL(await app.getUrl());
console.log(`Metrics on http://localhost:${port}/metrics`);
console.log(`All routes on http://localhost:${port}/async-api`);
