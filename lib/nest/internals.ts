/**
 * The undocumented parts of Nest, and the deep imports, that this package uses. Both versions of Nest have them; the
 * tests with the lowest versions that `package.json` allows verify it.
 */
export { CUSTOM_ROUTE_ARGS_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
export { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
export { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
export { getClassScope } from '@nestjs/core/helpers/get-class-scope.js';
export { STATIC_CONTEXT } from '@nestjs/core/injector/constants.js';
export { Injector } from '@nestjs/core/injector/injector.js';
export { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
export type { Module } from '@nestjs/core/injector/module.js';
export { RouteParamsFactory } from '@nestjs/core/router/route-params-factory.js';
