// In the page. What is painted into every frame of the benchmark's film, and read back from what a
// receiver shows: who painted it, its number, and when. 60 bits in three rows of twenty blocks at the
// top, large enough to survive a quarter of the size and coarse quantisation.
(() => {
  const COLUMNS = 20, ROWS = 3, DARK = 48, LIGHT = 208;

  function crc8(bits) {
    let crc = 0xff;
    for (const bit of bits) {
      const top = (crc >> 7) ^ bit;
      crc = (crc << 1) & 0xff;
      if (top) crc ^= 0x07;
    }
    return crc;
  }

  const toBits = (value, n) => Array.from({ length: n }, (_, i) => Math.floor(value / 2 ** (n - 1 - i)) % 2);
  const toValue = (bits) => bits.reduce((v, b) => v * 2 + b, 0);

  /** Bits of a stamp: id 0–255, number 0–65535, ms of the epoch (28 bits of it). */
  function encode({ id, number, ms }) {
    const bits = [...toBits(id, 8), ...toBits(number % 65536, 16), ...toBits(Math.floor(ms) % 2 ** 28, 28)];
    return [...bits, ...toBits(crc8(bits), 8)];
  }

  /** The stamp, or null when the bits are damaged. */
  function decode(bits) {
    if (toValue(bits.slice(52)) !== crc8(bits.slice(0, 52))) return null;
    return { id: toValue(bits.slice(0, 8)), number: toValue(bits.slice(8, 24)), ms: toValue(bits.slice(24, 52)) };
  }

  /** Rows at the top that hold the stamp, for a picture of that width; even. */
  const stampHeight = (width) => Math.ceil((width * ROWS) / COLUMNS / 2) * 2;

  function paint(luma, width, stamp) {
    const size = width / COLUMNS;
    encode(stamp).forEach((bit, i) => {
      const x0 = Math.round((i % COLUMNS) * size), x1 = Math.round(((i % COLUMNS) + 1) * size);
      const y0 = Math.round(Math.floor(i / COLUMNS) * size), y1 = Math.round((Math.floor(i / COLUMNS) + 1) * size);
      for (let y = y0; y < y1; y++) luma.fill(bit ? LIGHT : DARK, y * width + x0, y * width + x1);
    });
  }

  /** From a luma plane that holds at least the stamp's rows; stride in bytes. */
  function read(luma, width, stride) {
    const size = width / COLUMNS, reach = Math.max(1, Math.floor(size / 6));
    const bits = [];
    for (let i = 0; i < COLUMNS * ROWS; i++) {
      const cx = Math.floor(((i % COLUMNS) + 0.5) * size), cy = Math.floor((Math.floor(i / COLUMNS) + 0.5) * size);
      let sum = 0, n = 0;
      for (let y = cy - reach; y <= cy + reach; y++)
        for (let x = cx - reach; x <= cx + reach; x++, n++) sum += luma[y * stride + x];
      bits.push(sum / n > (DARK + LIGHT) / 2 ? 1 : 0);
    }
    return decode(bits);
  }

  globalThis.bench = { code: { paint, read, stampHeight }, now: () => performance.timeOrigin + performance.now() };
})();
