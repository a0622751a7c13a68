import { documentOfApplication, type AsyncApiApplication } from './async-api.document.js';
import { documentContract, type DocumentContract } from './contract/document.contract.js';

/** Creates the contract of an application from its document, with the options of its `AsyncApiModule` if it has one. */
export async function applicationContract(app: AsyncApiApplication): Promise<DocumentContract> {
  return documentContract(await documentOfApplication(app));
}
