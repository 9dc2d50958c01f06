// Grafana's own front-end library, outside a browser: it looks at navigator and window.
import {createRequire} from 'node:module';

globalThis.navigator ??= {language: 'en-US', languages: ['en-US']};

const grafana = createRequire(import.meta.url)('@grafana/data');
globalThis.window ??= globalThis; // not before: its libraries would take this for a browser

const transformers = new Map(Object.values(grafana.standardTransformers).map((t) => [t.id, t])); // seriesToColumns has joinByField's id
grafana.standardTransformersRegistry.setInit(() => [...transformers.values()].map((t) => ({id: t.id, name: t.name, transformation: () => t})));

export const {
  applyFieldOverrides, createTheme, fieldMatchers, FieldConfigOptionsRegistry, FieldType, getFieldDisplayName,
  getFieldDisplayValues, getValueFormats, MutableDataFrame, transformDataFrame,
} = grafana;
