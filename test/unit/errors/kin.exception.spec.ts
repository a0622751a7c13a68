import { CloseWebSocketException } from 'nestjs-revali-ws';
import { Kin } from '../../../lib/errors/kin.exception.js';

@Kin('TestException')
class TestException extends Error {}

/** As the other build has it. */
@Kin('TestException')
class TestExceptionOfOtherBuild extends Error {}

@Kin('AnotherException')
class AnotherException extends Error {}

class OwnException extends TestException {}

describe('an exception that both builds have', () => {
  it('is recognized in the other build', () => {
    expect(new TestExceptionOfOtherBuild()).toBeInstanceOf(TestException);
    expect(new TestException()).toBeInstanceOf(TestExceptionOfOtherBuild);
  });

  it('is no other exception', () => {
    for (const other of [new AnotherException(), new Error(), {}, null, undefined, 'text'])
      expect(other instanceof TestException).toBe(false);
  });

  it('is not one of its own subclasses, which are it', () => {
    expect(new TestException() instanceof OwnException).toBe(false);
    expect(new TestExceptionOfOtherBuild() instanceof OwnException).toBe(false);
    expect(new OwnException()).toBeInstanceOf(OwnException);
    expect(new OwnException()).toBeInstanceOf(TestExceptionOfOtherBuild);
  });

  it('may be extended by the application', () => {
    class Expired extends CloseWebSocketException {
      constructor() {
        super(4001, 'Expired');
      }
    }
    expect(new Expired()).toBeInstanceOf(CloseWebSocketException);
    expect(new Expired()).toMatchObject({ code: 4001, reason: 'Expired' });
    expect(new CloseWebSocketException() instanceof Expired).toBe(false);
  });
});
