import { documentOfApplication, type AsyncApiApplication } from './async-api.document.js';
import { documentContract, type DocumentContract } from './contract/document.contract.js';

/** The contract of an application, by its own document: with the options of its `AsyncApiModule`, where it has one. */
export async function applicationContract(app: AsyncApiApplication): Promise<DocumentContract> {
  return documentContract(await documentOfApplication(app));
}
