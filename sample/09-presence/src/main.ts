import { createApp } from './create-app.js';

const app = await createApp();
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);

const { port } = new URL(await app.getUrl());
console.log(`Open http://localhost:${port}`);
