// A small line of the last two minutes.

import { kept } from '../../state/operations';

const width = 240;
const height = 44;

export function sparkPath(points: readonly number[], max: number): { line: string; area: string } {
  if (points.length === 0) return { line: '', area: '' };
  const top = Math.max(max, 1e-9);
  const step = width / (kept - 1);
  const first = width - step * (points.length - 1);
  const at = points.map((value, i) => {
    const x = first + i * step;
    const y = height - 2 - (Math.min(value, top) / top) * (height - 4);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  const line = `M${at.join('L')}`;
  return { line, area: `${line}L${width} ${height}L${first.toFixed(1)} ${height}Z` };
}

export function Spark(props: { points: number[]; tone: string; label: string; max?: number }) {
  const { points, tone, label } = props;
  const max = props.max ?? Math.max(...points, 0) * 1.15;
  const { line, area } = sparkPath(points, max);
  return (
    <svg
      class={`spark ${tone}`}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path d={area} class="spark-area" />
      <path d={line} class="spark-line" vector-effect="non-scaling-stroke" />
    </svg>
  );
}
