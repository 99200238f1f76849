CREATE TABLE location_day (
    tenant text NOT NULL DEFAULT 'main',
    location text NOT NULL,
    day date NOT NULL,
    hours jsonb NOT NULL,
    reason text NOT NULL DEFAULT '',
    CONSTRAINT location_day_pkey PRIMARY KEY (tenant, location, day),
    CONSTRAINT location_day_location_fkey FOREIGN KEY (tenant, location) REFERENCES location (tenant, location)
);
CREATE TABLE location_collection (
    tenant text NOT NULL DEFAULT 'main',
    location text NOT NULL,
    service text NOT NULL,
    days jsonb NOT NULL,
    cutoff text NOT NULL,
    CONSTRAINT location_collection_pkey PRIMARY KEY (tenant, location, service),
    CONSTRAINT location_collection_location_fkey FOREIGN KEY (tenant, location) REFERENCES location (tenant, location)
);
CREATE TABLE postal_area (
    tenant text NOT NULL DEFAULT 'main',
    country text NOT NULL,
    zip text NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    CONSTRAINT postal_area_pkey PRIMARY KEY (tenant, country, zip)
);
