import { Injectable } from '@nestjs/common';
import type { PipelineHooks, PlatformRequest } from '../platforms/http.platform.js';

/** The hooks are laid before routes are known; until the pipeline is connected no upgrade is accepted at all. */
@Injectable()
export class PipelineSwitch implements PipelineHooks {
  private pipeline: PipelineHooks | undefined;

  connect(pipeline: PipelineHooks): void {
    this.pipeline = pipeline;
  }

  enter(request: PlatformRequest, response: object): ReturnType<PipelineHooks['enter']> {
    return this.pipeline?.enter(request, response);
  }

  exit(request: PlatformRequest, response: object, next?: () => void): Promise<void> | undefined {
    if (this.pipeline) return this.pipeline.exit(request, response, next);
    next?.();
    return undefined;
  }

  needsUpgrade(request: PlatformRequest): boolean {
    return this.pipeline?.needsUpgrade(request) ?? false;
  }
}
