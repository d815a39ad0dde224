// A share with its 95 % interval, on a line from 0 to 100 %.

export function Interval({ share, low, high, reference, label }: { share: number; low: number; high: number; reference?: number; label: string }) {
  return (
    <svg class="interval" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label={label}>
      {[25, 50, 75].map((tick) => <line key={tick} class="tick" x1={tick} x2={tick} y1="0" y2="10" />)}
      {reference !== undefined && <line class="reference" x1={100 * reference} x2={100 * reference} y1="0" y2="10" />}
      <line class="whisker" x1={100 * low} x2={100 * high} y1="5" y2="5" />
      <line class="dot" x1={100 * share} x2={100 * share} y1="5" y2="5" />
    </svg>
  );
}
