// Grafana's own front-end libraries, in a browser. Required, not imported: their ES modules expect
// of the CommonJS modules below them what no bundler does.
const grafana = require('@grafana/data');
export const ui = require('@grafana/ui');

const transformers = new Map(Object.values(grafana.standardTransformers).map((t) => [t.id, t])); // seriesToColumns has joinByField's id
grafana.standardTransformersRegistry.setInit(() => [...transformers.values()].map((t) => ({id: t.id, name: t.name, transformation: () => t})));

export const {
  applyFieldOverrides, createTheme, dateTime, FieldConfigOptionsRegistry, FieldType, getFieldDisplayName, getFieldDisplayValues,
  MutableDataFrame, ThemeContext, transformDataFrame,
} = grafana;
