throw Object.assign(Object.create(null), { status: 'no settings' });
