/** Pages hold nothing that is run or shown, but for those that say so themselves. */
const NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** What no page of ours uses. */
const UNUSED = ['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'microphone', 'midi', 'payment', 'usb'];
const YEAR_S = 31_536_000;

/** Headers of every answer, errors included; a route may say more of its own. */
const ALWAYS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': NOTHING,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': UNUSED.map((feature) => `${feature}=()`).join(', '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Headers that keep browsers from what could be done with an answer. @param secure does it go by TLS? */
export const safetyHeaders = (secure: boolean): Record<string, string> =>
  secure ? { ...ALWAYS, 'strict-transport-security': `max-age=${YEAR_S}` } : { ...ALWAYS };
