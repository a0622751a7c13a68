import { createApp } from './create-app.js';
import { NodesService } from './nodes/nodes.service.js';

// One of the processes behind the load balancer. main.ts starts and ends them.
const app = await createApp({ logger: ['warn', 'error'] });
app.enableShutdownHooks();
await app.listen(Number(process.env.PORT), '127.0.0.1');
await app.get(NodesService).announce();
