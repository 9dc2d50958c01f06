// The panel types that Grafana's component library does not hold, drawn plainly from the same
// frames, values and colours.
import React from 'react';
import {FieldType, getFieldDisplayName, getFieldDisplayValues} from './grafana.js';

const shown = (field, v) => field.display(v);
const text = (d) => `${d.prefix ?? ''}${d.text}${d.suffix ?? ''}`;
const clock = (t, span) => (span < 72e6 ? new Date(t).toISOString().slice(11, 16) : new Date(t).toISOString().slice(5, 16).replace('T', ' '));
const numbers = (data) => data.flatMap((frame) => frame.fields.filter((f) => f.type === FieldType.number).map((field) => ({
  name: getFieldDisplayName(field, frame, data), field, times: frame.fields.find((f) => f.type === FieldType.time).values,
})));

// Cells draws a row for each series and a cell for each of its points.
function Cells({rows, width, height, from, to, color}) {
  const left = Math.min(220, 10 + 7 * Math.max(...rows.map((r) => r.name.length))), h = Math.min(34, (height - 22) / rows.length);
  const x = (t) => left + (width - left - 8) * (t - from) / (to - from);
  return <svg width={width} height={height} fontSize="12" fill="#ccccdc">
    {rows.map(({name, field, times}, i) => <g key={i}>
      <text x={left - 8} y={i * h + h / 2 + 4} textAnchor="end">{name}</text>
      {times.map((t, j) => {
        const next = times[j + 1] ?? Math.min(to, t + (t - (times[j - 1] ?? t)));
        return Number.isFinite(field.values[j]) && <rect key={j} x={x(t)} y={i * h + 2} width={Math.max(2, x(next) - x(t) - 1)} height={h - 4} fill={color(field, field.values[j])} />;
      })}
    </g>)}
    {[0, 0.25, 0.5, 0.75, 1].map((f) => <text key={f} x={left + (width - left - 8) * f} y={rows.length * h + 16} textAnchor={f === 1 ? 'end' : 'middle'}>{clock(from + (to - from) * f, to - from)}</text>)}
  </svg>;
}

export function StatusHistory({data, ...at}) {
  return <Cells rows={numbers(data)} {...at} color={(field, v) => shown(field, v).color} />;
}

const oranges = ['#fff5eb', '#fee6ce', '#fdd0a2', '#fdae6b', '#fd8d3c', '#f16913', '#d94801', '#a63603', '#7f2704'];

export function Heatmap({data, panel, ...at}) {
  const rows = numbers(data);
  const most = panel.options?.color?.max ?? Math.max(...rows.flatMap((r) => [...r.field.values].filter(Number.isFinite)), 1e-9);
  return <Cells rows={rows} {...at} color={(_, v) => oranges[Math.min(8, Math.floor((v / most) * 9))]} />;
}

export function Pie({data, fieldConfig, theme, width, height}) {
  const values = getFieldDisplayValues({fieldConfig, theme, data, replaceVariables: (v) => v, timeZone: 'utc', reduceOptions: {calcs: ['lastNotNull'], values: false}}).map((v) => v.display);
  const sum = values.reduce((s, v) => s + v.numeric, 0);
  let at = -Math.PI / 2;
  const r = Math.min(width, height - 26 * values.length) / 2 - 4, c = width / 2;
  return <svg width={width} height={height} fontSize="12" fill="#ccccdc">
    {values.map((v, i) => {
      const a = at, share = v.numeric / sum, b = at += 2 * Math.PI * Math.min(share, 0.9999);
      return <g key={i}>
        <path fill={v.color} d={`M${c} ${r} L${c + r * Math.cos(a)} ${r + r * Math.sin(a)} A${r} ${r} 0 ${share > 0.5 ? 1 : 0} 1 ${c + r * Math.cos(b)} ${r + r * Math.sin(b)} Z`} />
        <rect x="8" y={height - 20 * (values.length - i)} width="12" height="4" fill={v.color} /><text x="26" y={height - 20 * (values.length - i) + 7}>{v.title}: {text(v)}, {Math.round(100 * share)} %</text>
      </g>;
    })}
  </svg>;
}

export function Lines({data, height}) {
  const frame = data[0], values = (name) => frame.fields.find((f) => f.name === name).values;
  return <div className="lines" style={{height}}>{values('Line').map((l, i) => <div key={i}>{new Date(values('Time')[i]).toISOString().slice(0, 19)} {l}</div>)}</div>;
}

// Radial is an arc from the field's least to its largest value.
export function Radial({value, field, width, height}) {
  const {min = 0, max = 100, thresholds} = field, r = Math.min(width, height * 1.4) / 2 - 12, x = width / 2, y = Math.min(height - 20, r + 12);
  const at = (f, radius) => `${x - radius * Math.cos(Math.PI * f)} ${y - radius * Math.sin(Math.PI * f)}`;
  const share = (v) => Math.max(0, Math.min(1, (v - min) / (max - min)));
  const arc = (f, g, radius, w, color, key) => <path key={key} d={`M${at(f, radius)} A${radius} ${radius} 0 0 1 ${at(g, radius)}`} fill="none" stroke={color} strokeWidth={w} />;
  const steps = (thresholds?.steps ?? []).map((s, i, all) => [share(s.value === -Infinity ? min : s.value), share(all[i + 1]?.value ?? max), s.color]);
  return <svg width={width} height={height} textAnchor="middle" fill="#ccccdc">
    {arc(0, 1, r - 8, 18, '#26282e')}{Number.isFinite(value.numeric) && arc(0, share(value.numeric), r - 8, 18, value.color)}
    {steps.map(([f, g, color], i) => arc(f, g, r + 5, 3, color, i))}
    <text x={x} y={y - 6} fontSize="26" fill={value.color}>{text(value)}</text><text x={x} y={y + 16} fontSize="13">{value.title}</text>
  </svg>;
}
