// The pages of the site, in the order of a user's questions: file in the repository, address, name in the sidebar.
const guide = (name, text) => ({ file: `docs/${name}.md`, route: `${name}.md`, text });
const recipe = (name, text) => guide(`recipes/${name}`, text);
const page = (file, route, text) => ({ file, route, text });

export const SECTIONS = [
  [
    'Start',
    page('README.md', 'index.md', 'Overview'),
    page('sample/README.md', 'samples.md', 'Samples'),
    guide('first-app', 'Your first app'),
    guide('generators', 'Generators'),
    page('docs/README.md', 'contents.md', 'All pages'),
    guide('faq', 'Questions'),
  ],
  [
    'Routes',
    guide('concepts', 'Concepts'),
    guide('options', 'Options'),
    guide('close-codes', 'Close codes and errors'),
    recipe('async-local-storage', 'AsyncLocalStorage'),
  ],
  [
    'Messages',
    guide('messages', 'Messages'),
    guide('calls', 'Calls'),
    recipe('validation', 'Validation'),
    recipe('streaming', 'Streaming'),
    recipe('evolving-messages', 'Evolving messages'),
    recipe('slow-clients', 'Slow clients'),
  ],
  [
    'Authentication',
    recipe('authentication', 'Authentication'),
    recipe('revocation', 'Tickets and revocation'),
    recipe('rate-limits', 'Rate limits'),
  ],
  [
    'Rooms',
    guide('rooms', 'Rooms'),
    guide('delivery', 'Delivery guarantees'),
    recipe('rooms', 'Rooms in practice'),
    guide('resume', 'On the wire, and resume'),
  ],
  [
    'Scaling',
    guide('brokers', 'Brokers'),
    recipe('sizing', 'Sizing'),
    recipe('load-testing', 'Load testing'),
    guide('performance', 'Performance'),
  ],
  [
    'Client',
    guide('client', 'Client'),
    recipe('front-ends', 'React, Vue and RxJS'),
    guide('asyncapi', 'AsyncAPI documents'),
    guide('command-line', 'Command line'),
    page('packages/client/README.md', 'packages/client.md', 'nestjs-revali-ws-client'),
    page('packages/asyncapi/README.md', 'packages/asyncapi.md', 'nestjs-revali-ws-asyncapi'),
  ],
  ['Testing', guide('testing', 'Testing')],
  [
    'Operating',
    guide('observability', 'Observability'),
    guide('troubleshooting', 'Troubleshooting'),
    recipe('shutdown', 'Shutdown'),
    recipe('closing', 'Closing and reconnecting'),
    recipe('proxies', 'Behind a proxy'),
    guide('http2', 'HTTP/2'),
    recipe('libraries', 'Other packages'),
    guide('compatibility', 'Compatibility'),
    guide('versions', 'Versions'),
    guide('maintenance', 'Maintenance, and the way back'),
  ],
  [
    'Migrating',
    guide('gateways', 'Gateways'),
    guide('migrating-from-ws-gateways', 'From gateways on ws'),
    guide('migrating-from-socket-io', 'From socket.io'),
    guide('coming-from-socket-io-cheat-sheet', 'Cheat sheet for socket.io'),
    guide('coming-from-revali', 'From Revali'),
  ],
  ['Security', page('SECURITY.md', 'security.md', 'Security')],
  [
    'Internals',
    page('CONTRIBUTING.md', 'contributing.md', 'Contributing'),
    page('CHANGELOG.md', 'changelog.md', 'Changelog'),
  ],
];

export const PAGES = SECTIONS.flatMap(([, ...pages]) => pages);

/** The address of a page, as links and the sidebar write it. */
export const linkTo = ({ route }) =>
  `/${route.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '')}`;
