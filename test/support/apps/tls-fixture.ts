/**
 * A certificate that signs itself, for localhost and 127.0.0.1, for tests only. Made by
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost
 * -addext subjectAltName=DNS:localhost,IP:127.0.0.1`.
 */
export const tlsFixture = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUDqSJRb1u+z2ni+2HDV3iEWVBriMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjIwNTc0N1oYDzIxMjYxMDI5
MjA1NzQ3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATozwYqwyz1crw14MeJ5FGGYx4mItxyByqkdhITbKK4tPbT858qODYd
a/UnX6x9AudS8RIx7IAj8fMbzUzMwNe/o28wbTAdBgNVHQ4EFgQUIJ0msHvzEQ+P
3KOZddR3ee0obBgwHwYDVR0jBBgwFoAUIJ0msHvzEQ+P3KOZddR3ee0obBgwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAL42fTivyzLXGJazn138FI/Xv8oGgR/uk8ZcBt30UtLoAiBJ
qUlM5U99SYVXEBVWLIkfMOMPjZdAczY+4bulwNyzJg==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgF+3th9y1FIULrxw1
IMY+tSO8Smx39Jt+ia7FgJYvxPKhRANCAATozwYqwyz1crw14MeJ5FGGYx4mItxy
ByqkdhITbKK4tPbT858qODYda/UnX6x9AudS8RIx7IAj8fMbzUzMwNe/
-----END PRIVATE KEY-----
`,
};
