// What is changed in the answer before the browser takes it.

/**
 * The microphone sends what the answer names first: RED (RFC 2198), where both sides know it, so that
 * a word survives the loss of a packet. Only the first m-line is touched.
 */
export function preferRed(answer: string): string {
  const start = answer.indexOf('m=audio ');
  if (start < 0) return answer;
  const next = answer.indexOf('\nm=', start);
  const end = next < 0 ? answer.length : next + 1;
  const section = answer.slice(start, end);
  const red = /^a=rtpmap:(\d+) red\/48000/im.exec(section)?.[1];
  if (!red) return answer;
  const ordered = section.replace(
    /^(m=audio \S+ \S+) (.*)$/m,
    (line, head: string, list: string) => {
      const types = list.trim().split(' ');
      if (!types.includes(red)) return line;
      return `${head} ${[red, ...types.filter((type) => type !== red)].join(' ')}${
        list.endsWith('\r') ? '\r' : ''
      }`;
    },
  );
  return answer.slice(0, start) + ordered + answer.slice(end);
}

/** The answer with the candidates of one protocol only: whether that one gets through by itself. */
export function keepCandidates(answer: string, protocol: 'udp' | 'tcp'): string {
  return answer
    .split('\r\n')
    .filter((line) => {
      const named = /^a=candidate:\S+ \d+ (\w+)/.exec(line)?.[1];
      return named === undefined || named.toLowerCase() === protocol;
    })
    .join('\r\n');
}
