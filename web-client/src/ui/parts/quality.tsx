// How well somebody's line does: three bars, and the word for those who do not see them.

import type { Quality } from '../../protocol/messages';
import { t } from '../../state/i18n';

const lit: Record<Quality, number> = { good: 3, poor: 2, lost: 1 };

export function QualityMark({ quality, name }: { quality: Quality; name?: string }) {
  const { line } = t.value;
  const word = line.quality[quality];
  const label = name === undefined ? line.mine(word) : line.qualityOf(name, word);
  return (
    <svg
      class={`quality ${quality}`}
      viewBox="0 0 18 18"
      width={18}
      height={18}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {[0, 1, 2].map((bar) => (
        <rect
          key={bar}
          class={bar < lit[quality] ? 'lit' : ''}
          x={2 + bar * 5}
          y={11 - bar * 4}
          width={4}
          height={5 + bar * 4}
          rx={1}
        />
      ))}
    </svg>
  );
}
