// Answers the first request of a workload and ends: what a new Node process costs.
// Usage: node peer_once.mjs WORKLOAD.json   (in a folder where the package is installed)
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const { runSimulation } = require("@cloud-copilot/iam-simulate");
const workload = JSON.parse(readFileSync(process.argv[2], "utf8"));
const [action, resource, contextVariables] = workload.requests[0];
const response = await runSimulation(
  {
    identityPolicies: workload.identity_policies.map((policy, index) => ({ name: `identity${index}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    request: {
      principal: workload.principal,
      action,
      resource: { resource, accountId: workload.resource_account },
      contextVariables,
    },
  },
  {},
);
console.log(JSON.stringify(response, null, 2));
