/** What to call this device, until its owner calls it otherwise. */
import { word } from '../words';

const SYSTEMS: [RegExp, string][] = [
  [/iPad/, 'iPad'],
  [/iPhone/, 'iPhone'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Macintosh/, 'Mac'],
  [/Linux/, 'Linux'],
];
const BROWSERS: [RegExp, string][] = [
  [/Edg/, 'Edge'],
  [/Firefox|FxiOS/, 'Firefox'],
  [/Chrome|CriOS/, 'Chrome'],
  [/Safari/, 'Safari'],
];

export function deviceName(): string {
  const found = (names: [RegExp, string][]): string =>
    names.find(([sign]) => sign.test(navigator.userAgent))?.[1] ?? '';
  // An iPad calls itself a Macintosh, but no Mac has a touch screen.
  const touches = navigator.maxTouchPoints > 1 && /Macintosh/.test(navigator.userAgent);
  const system = touches ? 'iPad' : found(SYSTEMS);
  const parts = [system, found(BROWSERS)].filter(Boolean);
  return parts.join(', ') || word({ vi: 'Thiết bị của tôi', en: 'My device' });
}
