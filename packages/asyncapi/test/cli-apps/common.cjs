const { AppModule } = require('./routes.cjs');

module.exports = { AppModule };
