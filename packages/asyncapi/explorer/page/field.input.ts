import type { Field } from '../document/document.types.js';
import { h, labeled, selectOf } from '../dom.js';

/** A control for a part of a handshake. */
export class FieldInput {
  readonly element: HTMLElement;
  private readonly control: HTMLInputElement | HTMLSelectElement;

  constructor(
    readonly field: Field,
    changed: () => void,
  ) {
    const attributes = {
      input: changed,
      name: field.name,
      autocomplete: 'off',
      spellcheck: 'false',
    };
    this.control =
      field.values.length > 0 && !field.isList
        ? selectOf(
            [
              ...(field.isRequired ? [] : [['', '–'] as const]),
              ...field.values.map((value) => [value, value] as const),
            ],
            attributes,
          )
        : h('input', { ...attributes, type: 'text', inputmode: inputModeOf(field) });
    if (field.example !== undefined) this.value = field.example;
    const hints = [
      field.description,
      field.isList ? 'Several: with commas between them.' : undefined,
    ];
    const hint = hints.filter(Boolean).join(' ');
    this.element = labeled(field.name, this.control, {
      hint: hint === '' ? undefined : hint,
      isRequired: field.isRequired,
    });
  }

  get value(): string {
    return this.control.value;
  }

  set value(value: string) {
    this.control.value = value;
    this.check(true);
  }

  /** The values of the field, separated by commas if it takes several. */
  get values(): string[] {
    if (this.value === '') return [];
    return this.field.isList ? this.value.split(',').map((each) => each.trim()) : [this.value];
  }

  /** @returns Whether the field can be sent. */
  check(isQuiet = false): boolean {
    const isMissing = this.field.isRequired && this.value === '' && !isQuiet;
    if (isMissing) this.control.setAttribute('aria-invalid', 'true');
    else this.control.removeAttribute('aria-invalid');
    return !isMissing;
  }

  focus(): void {
    this.control.focus();
  }
}

function inputModeOf({ type }: Field): string {
  if (type === 'integer') return 'numeric';
  return type === 'number' ? 'decimal' : 'text';
}
