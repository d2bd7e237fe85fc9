// Participants without media: WebSockets in a page, for meetings that are larger than the machine.

/** Joins `names` from `page` (already on hopd's origin); each claims what `media` says. */
export function addBots(page, code, names, media = {}, extra = {}) {
  return page.evaluate(async ([room, list, claimed, more]) => {
    window.__bots ??= [];
    for (const name of list) {
      const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/api/v1/meet`, 'hop.v1');
      await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = () => reject(new Error(`${name}: no connection`));
      });
      const answer = new Promise((resolve) => {
        socket.onmessage = ({ data }) => {
          const message = JSON.parse(data);
          if (message.re === 1) resolve(message);
        };
      });
      const sent = { microphone: false, camera: false, screen: false, ...claimed };
      socket.send(JSON.stringify({ id: 1, op: 'join', data: { room, name, media: sent, ...more } }));
      const { data, error } = await answer;
      if (error) throw new Error(`${name}: ${error.code}`);
      window.__bots.push({ name, socket, you: data.snapshot.you });
    }
    return window.__bots.map(({ name, you }) => ({ name, you }));
  }, [code, names, media, extra]);
}

/** A request of the bot `name`. */
export function botSends(page, name, op, data) {
  return page.evaluate(([who, what, value]) => {
    const { socket } = window.__bots.find((bot) => bot.name === who);
    socket.send(JSON.stringify({ id: 2, op: what, data: value }));
  }, [name, op, data]);
}
