// Reads cases as lines of JSON and answers each with a line: the peer's result, or what it could not do.
// The public entry drops session and endpoint policies or refuses uncatalogued keys, so this calls the engine behind it.
const path = require('node:path')
const readline = require('node:readline')

const home = path.join(process.argv[2], 'node_modules', '@cloud-copilot')
const within = (name) => require(path.join(home, 'iam-simulate', 'dist', 'cjs', name))
const { authorize } = within('core_engine/CoreSimulatorEngine.js')
const { AwsRequestImpl } = within('request/request.js')
const { RequestContextImpl } = within('requestContext.js')
const { DiscoveryContextKeyConstraints } = within('context_keys/discoveryContextKeyConstraints.js')
const { loadPolicy } = require(require.resolve('@cloud-copilot/iam-policy', { paths: [home] }))

const load = (documents) => documents?.map((document, number) => loadPolicy(document, { name: String(number) }))
const levels = (found) => (found ?? []).map((documents, number) => ({ orgIdentifier: String(number), policies: load(documents) }))

function answer(asked) {
  const resource = { resource: asked.resource, accountId: asked.account }
  const context = new RequestContextImpl(asked.context)
  const policies = asked.policies
  return authorize({
    request: new AwsRequestImpl(asked.principal, resource, asked.action, context, asked.resource === '*'),
    sessionPolicy: load(policies.session ? [policies.session] : undefined)?.[0],
    identityPolicies: load(policies.identity ?? []),
    serviceControlPolicies: levels(policies.scps),
    resourceControlPolicies: levels(policies.rcps),
    resourcePolicy: load(policies.resource ? [policies.resource] : undefined)?.[0],
    permissionBoundaries: load(policies.boundary ? [policies.boundary] : undefined),
    vpcEndpointPolicies: load(policies.endpoint ? [policies.endpoint] : undefined),
    simulationParameters: { simulationMode: 'Strict', discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) },
    serviceSettings: { s3: {} }
  }).result
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  let said
  try {
    said = answer(JSON.parse(line))
  } catch (error) {
    said = `error: ${error.message}`
  }
  process.stdout.write(`${said}\n`)
})
