// Asks the npm package @cloud-copilot/iam-simulate the questions of a workload, through its public call `runSimulation`.
// Usage: node peer.mjs WORKLOAD.json SECONDS   (in a folder where the package is installed)
// Prints {"version", "rates", "verdicts", "errors"}; a rate is questions a second in one pass over the requests.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const name = "@cloud-copilot/iam-simulate";
const { runSimulation } = require(name);
const version = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;

const [file, seconds] = process.argv.slice(2);
const workload = JSON.parse(readFileSync(file, "utf8"));
const named = (policies, word) => policies.map((policy, index) => ({ name: `${word}${index}`, policy }));
const levels = (list, word) =>
  (list ?? []).map((policies, index) => ({ orgIdentifier: `${word}-level-${index}`, policies: named(policies, word) }));

const shared = {
  identityPolicies: named(workload.identity_policies, "identity"),
  serviceControlPolicies: levels(workload.scps, "scp"),
  resourceControlPolicies: levels(workload.rcps, "rcp"),
};
if (workload.boundary) shared.permissionBoundaryPolicies = named([workload.boundary], "boundary");
if (workload.session_policy) shared.sessionPolicy = workload.session_policy;
if (workload.resource_policy) shared.resourcePolicy = workload.resource_policy;

const simulations = workload.requests.map(([action, resource, contextVariables]) => ({
  ...shared,
  request: {
    principal: workload.principal,
    action,
    resource: { resource, accountId: workload.resource_account },
    contextVariables,
  },
}));

const words = { Allowed: "allowed", ExplicitlyDenied: "explicitDeny", ImplicitlyDenied: "implicitDeny" };
const verdicts = [];
let errors = 0;
let firstError = null;
for (const simulation of simulations) {
  const response = await runSimulation(simulation, {});
  if (response.resultType === "error") {
    errors += 1;
    firstError ??= response.errors.message;
  }
  verdicts.push(words[response.overallResult] ?? "error");
}

const rates = [];
const started = performance.now();
do {
  // A pass that would outlast the time given is cut short and counted by what it did.
  const begin = performance.now();
  let count = 0;
  for (const simulation of simulations) {
    await runSimulation(simulation, {});
    count += 1;
    if (performance.now() - started > 1000 * seconds && count >= 100) break;
  }
  rates.push((1000 * count) / (performance.now() - begin));
} while (performance.now() - started < 1000 * seconds);
console.log(JSON.stringify({ version, rates, verdicts, errors, firstError }));
