export interface BalancedNode {
  readonly name: string;
  readonly port: number;
}

/**
 * Each WebSocket goes to the next node, so a room is on all of them: that is what this sample shows. With
 * `balance uri` and `hash-type consistent`, all connections of one path, and so of one room, would go to one node.
 */
export function balancerConfig(port: number, nodes: readonly BalancedNode[]): string {
  const servers = nodes
    .map(({ name, port: own }) => `  server ${name} 127.0.0.1:${own} check`)
    .join('\n');
  return `
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  # Of a WebSocket in which nothing happens: longer than the 30 s between two pings.
  timeout tunnel 2m
  # A node that was killed a moment ago refuses: the next one takes the connection.
  retries 3
  option redispatch 1
  default-server inter 500ms fall 1 rise 1

frontend all
  bind :${port}
  use_backend sockets if { hdr(Upgrade) -i websocket }
  default_backend pages

backend sockets
  balance roundrobin
  option httpchk GET /ready
${servers}

backend pages
  balance roundrobin
  option httpchk GET /ready
${servers}
`;
}
