import { IsString, MaxLength } from 'class-validator';

export class CredentialsDto {
  @IsString()
  @MaxLength(100)
  name!: string;

  @IsString()
  @MaxLength(100)
  password!: string;
}
