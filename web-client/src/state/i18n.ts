// The catalogue in use.

import { computed } from '@preact/signals';
import { en } from '../i18n/en';
import { formatBitRate, formatBytes, formatPercent } from '../i18n/format';
import { type Catalogue, vi } from '../i18n/vi';
import type { ErrorCode } from '../protocol/errors';
import { settings } from './settings';

export const catalogues = { vi, en };

export const t = computed<Catalogue>(() => catalogues[settings.value.language]);

export function errorText(code: ErrorCode): string {
  return t.value.errors[code];
}

export const bitRate = (bps: number): string => formatBitRate(bps, settings.value.language);
export const bytes = (n: number): string => formatBytes(n, settings.value.language);
export const percent = (share: number): string => formatPercent(share, settings.value.language);
