/** "Firefox, Windows" from what the browser says of itself. */
export function deviceName(agent: string): string {
  const browser = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'].find((b) =>
    agent.includes(`${b}/`),
  );
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent)?.[1];
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS' };
  return [browser, system]
    .filter((part): part is string => part !== undefined)
    .map((part) => names[part] ?? part)
    .join(', ');
}
