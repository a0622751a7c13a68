import { ASYNCAPI_PACKAGE, loadAsyncApi } from './asyncapi.package.js';
import type { ContractChannel } from './contract.channel.js';
import type { TestedApplication } from './server.target.js';
import { ContractWatch } from './contract.watch.js';
import { NoContractException } from './testing.exceptions.js';

interface Contract {
  channelsOf(path: string): readonly ContractChannel[];
}

interface ContractPackage {
  applicationContract(app: object): Promise<Contract>;
}

/** The routes of an application do not change once it is initialized. */
const contracts = new WeakMap<object, Promise<Contract>>();

/** @throws NoContractException if the package that generates the document is not installed. */
export async function watchFor(app: TestedApplication, path: string): Promise<ContractWatch> {
  const known = contracts.get(app) ?? load().then((made) => made.applicationContract(app));
  contracts.set(app, known);
  try {
    return new ContractWatch(path, (await known).channelsOf(path));
  } catch (error) {
    contracts.delete(app);
    throw error;
  }
}

const load = (): Promise<ContractPackage> =>
  loadAsyncApi(
    isContractPackage,
    (cause) => new NoContractException(ASYNCAPI_PACKAGE, cause),
    () => new NoContractException(ASYNCAPI_PACKAGE, new Error('It has no applicationContract().')),
  );

function isContractPackage(value: unknown): value is ContractPackage {
  return typeof value === 'object' && value !== null && 'applicationContract' in value;
}
