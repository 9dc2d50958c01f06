// What Grafana does to a panel's frames before they are drawn: the panel's field settings,
// and its transformations.
import {FieldConfigOptionsRegistry, transformDataFrame} from './grafana.js';

// registry knows the properties of fields that the dashboards set.
export function registry(properties) {
  return new FieldConfigOptionsRegistry(() => properties.map((id) => ({
    id, name: id, path: id.replace(/^custom\./, ''), isCustom: id.startsWith('custom.'), settings: {}, shouldApply: () => true, process: (value) => value,
  })));
}

export const propertiesOf = ({fieldConfig: {defaults, overrides}}) => [...new Set([
  ...Object.keys(defaults).filter((k) => k !== 'custom'),
  ...Object.keys(defaults.custom ?? {}).map((k) => `custom.${k}`),
  ...overrides.flatMap((o) => o.properties.map((p) => p.id)),
])];

// loaded gives the first threshold its place below all numbers, as loading a dashboard does.
export function loaded(fieldConfig) {
  return JSON.parse(JSON.stringify(fieldConfig), (key, v) => (key === 'steps' ? v.map((s) => ({...s, value: s.value ?? -Infinity})) : v));
}

export const transform = (transformations, data) => new Promise((resolve, reject) => {
  transformDataFrame(transformations, data, {interpolate: (v) => v}).subscribe({next: resolve, error: reject});
});
