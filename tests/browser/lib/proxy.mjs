// A TCP relay between a browser and hopd that a test can cut: what happens to a user whose proxy or
// NAT forgets his connections while the media's UDP goes on.
import net from 'node:net';

export class Proxy {
  constructor(port) {
    this.target = port;
    this.sockets = new Set();
    this.open = true;
    this.server = net.createServer((client) => {
      if (!this.open) return client.destroy();
      const server = net.connect(this.target, '127.0.0.1');
      for (const [a, b] of [[client, server], [server, client]]) {
        this.sockets.add(a);
        a.on('error', () => b.destroy());
        a.on('close', () => {
          this.sockets.delete(a);
          b.destroy();
        });
        a.pipe(b);
      }
    });
  }

  async listen() {
    await new Promise((r) => this.server.listen(0, '127.0.0.1', r));
    this.port = this.server.address().port;
    return this;
  }

  url(pathname = '/') {
    return `http://localhost:${this.port}${pathname}`;
  }

  /** Resets every connection; new ones are taken again at once. */
  cut() {
    for (const s of this.sockets) s.resetAndDestroy();
  }

  close() {
    this.cut();
    this.server.close();
  }
}
