// Runtime checks that are also the types: a Shape reads an unknown value and gives a typed one or
// throws. Everything that comes in from the network or from local storage goes through one.

export class ShapeError extends Error {
  constructor(path: string, expected: string) {
    super(`${path || 'value'}: expected ${expected}`);
    this.name = 'ShapeError';
  }
}

export type Shape<T> = (value: unknown, path?: string) => T;
export type Infer<S> = S extends Shape<infer T> ? T : never;

export const str: Shape<string> = (value, path = '') => {
  if (typeof value !== 'string') throw new ShapeError(path, 'a string');
  return value;
};

export const num: Shape<number> = (value, path = '') => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new ShapeError(path, 'a number');
  return value;
};

export const bool: Shape<boolean> = (value, path = '') => {
  if (typeof value !== 'boolean') throw new ShapeError(path, 'true or false');
  return value;
};

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, path) => (value === null ? null : shape(value, path));
}

export function array<T>(shape: Shape<T>): Shape<T[]> {
  return (value, path = '') => {
    if (!Array.isArray(value)) throw new ShapeError(path, 'an array');
    return value.map((item, i) => shape(item, `${path}[${i}]`));
  };
}

export function record<T>(shape: Shape<T>): Shape<Record<string, T>> {
  return (value, path = '') => {
    if (!isObject(value)) throw new ShapeError(path, 'an object');
    const out: Record<string, T> = {};
    for (const [key, item] of Object.entries(value)) out[key] = shape(item, `${path}.${key}`);
    return out;
  };
}

export function oneOf<const T extends string>(...names: readonly T[]): Shape<T> {
  return (value, path = '') => {
    const found = names.find((name) => name === value);
    if (found === undefined) throw new ShapeError(path, names.join(' | '));
    return found;
  };
}

/** A name that a newer server may have added to: what is not known reads as `fallback`. */
export function oneOfOr<const T extends string>(fallback: T, ...names: readonly T[]): Shape<T> {
  return (value, path = '') => names.find((name) => name === str(value, path)) ?? fallback;
}

/** The value, or `fallback` when it is absent or wrong. */
export function withDefault<T>(shape: Shape<T>, fallback: T): Shape<T> {
  return (value, path) => {
    try {
      return shape(value, path);
    } catch {
      return fallback;
    }
  };
}

const optionalMark = Symbol('optional');
type Optional<T> = Shape<T | undefined> & { [optionalMark]: true };

export function optional<T>(shape: Shape<T>): Optional<T> {
  const read = (value: unknown, path?: string) =>
    value === undefined ? undefined : shape(value, path);
  return Object.assign(read, { [optionalMark]: true as const });
}

type Fields = Record<string, Shape<unknown>>;
type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends Optional<unknown> ? K : never;
}[keyof F];
type Flat<T> = { [K in keyof T]: T[K] };
export type ObjectOf<F extends Fields> = Flat<
  { [K in Exclude<keyof F, OptionalKeys<F>>]: Infer<F[K]> } & {
    [K in OptionalKeys<F>]?: Infer<F[K]>;
  }
>;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Members that are not named are dropped. */
export function object<F extends Fields>(fields: F): Shape<ObjectOf<F>> {
  return (value, path = '') => {
    if (!isObject(value)) throw new ShapeError(path, 'an object');
    const out: Record<string, unknown> = {};
    for (const [key, shape] of Object.entries(fields)) {
      const read = shape(value[key], path ? `${path}.${key}` : key);
      if (read !== undefined) out[key] = read;
    }
    return out as ObjectOf<F>;
  };
}

/** Every member may be absent. */
export function partial<F extends Fields>(fields: F): Shape<Partial<ObjectOf<F>>> {
  const loose: Fields = {};
  for (const [key, shape] of Object.entries(fields)) loose[key] = optional(shape);
  return object(loose) as Shape<Partial<ObjectOf<F>>>;
}
