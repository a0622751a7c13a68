// In place of a package that is installed here and not in the application that is tested.
const error = new Error(
  "Cannot find package '@nestjs/platform-socket.io' imported from an application",
);
throw Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' });
