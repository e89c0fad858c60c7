// Usage: node judge.mjs <repository>
// Prints one JSON object: how many documents were judged, and what is wrong: [{ "contract", "text" }].
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import patches from 'fast-json-patch';
import { createConfig, lintFromString } from '@redocly/openapi-core';

const repository = process.argv[2];
const root = join(repository, 'contracts');
const read = file => JSON.parse(readFileSync(file, 'utf8'));
const files = folder => (existsSync(folder) ? readdirSync(folder).filter(f => f.endsWith('.json')).sort().map(f => join(folder, f)) : []);

const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: false });
addFormats(ajv);
for (const keyword of ['x-reader', 'x-part']) ajv.addKeyword({ keyword, schemaType: 'string' });

const contracts = readdirSync(root, { withFileTypes: true }).filter(e => e.isDirectory()).map(e => e.name).sort();
const findings = [];
let golden = 0, rejected = 0;
for (const name of contracts)
  ajv.addSchema(read(join(root, name, `${name.slice(0, name.lastIndexOf('.'))}.schema.json`)));

for (const name of contracts) {
  const shapeOf = file => ajv.getSchema(`urn:vexa:contract:${name}#/$defs/${basename(file).split('.')[0]}`);
  for (const file of files(join(root, name, 'golden'))) {
    golden++;
    const validate = shapeOf(file);
    if (!validate) findings.push({ contract: name, text: `${basename(file)}: no such shape` });
    else if (!validate(read(file))) findings.push({ contract: name, text: `${basename(file)}: ${ajv.errorsText(validate.errors)}` });
  }

  for (const file of files(join(root, name, 'rejected'))) {
    const validate = shapeOf(file);
    for (const fault of read(file)) {
      rejected++;
      const document = patches.applyPatch(read(join(root, name, 'golden', basename(file))), fault.patch, true).newDocument;
      if (validate(document)) findings.push({ contract: name, text: `${basename(file)}: ${fault.case}: accepted` });
    }
  }
}

const description = join(root, 'api.v1', 'openapi.json');
const config = await createConfig({ extends: ['recommended-strict'] });
for (const problem of await lintFromString({ source: readFileSync(description, 'utf8'), absoluteRef: description, config }))
  findings.push({ contract: 'api.v1', text: `openapi.json: ${problem.ruleId}: ${problem.message} (${problem.location?.[0]?.pointer ?? ''})` });

console.log(JSON.stringify({ contracts: contracts.length, golden, rejected, findings }));
