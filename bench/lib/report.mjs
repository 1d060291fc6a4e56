// One line per measurement, with its bound; a missed bound makes the run exit with 1.
export function report(name, value, { least, most, unit, detail = "" }) {
  const ok = (least === undefined || value >= least) && (most === undefined || value <= most);
  const bound = least === undefined ? `≤ ${most}` : `≥ ${least}`;
  const shown = Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
  console.log(
    `${ok ? "ok  " : "MISS"} ${name}: ${shown} ${unit} (wanted ${bound})${detail === "" ? "" : `; ${detail}`}`,
  );
  if (!ok) process.exitCode = 1;
}

export const note = (text) => console.log(`     ${text}`);
