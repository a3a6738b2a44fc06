-- Partitions by month, kept by the service, which does not own its tables: `record.keep_partitions` calls these each day. Each
-- gives way at once to whoever holds a lock (sooner than a deadlock would be looked for, which might end a turn instead of this).

-- The least value of a month in the column that a table is partitioned by, and the name of a month's partition.
CREATE FUNCTION partition_bound(p_table text, p_month date) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE p_table WHEN 'audit_entry' THEN p_month::text ELSE month_id(p_month)::text END
$$;
CREATE FUNCTION partition_name(p_table text, p_month date) RETURNS text LANGUAGE sql STABLE STRICT AS $$
    SELECT format('%s_%s', p_table, to_char(p_month, 'YYYY_MM'))
$$;

-- Nobody reads or writes a partition but through its table, whose policies and grants hold; the service has no rights on it.
-- Its owner is not bound by policies, so that it sees whether the partition is empty.
CREATE FUNCTION partition_dress(p_table text, p_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', p_name);
    IF p_table IN ('event_log', 'message') THEN  -- numbered by one sequence; a unique index over all months there cannot be
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I UNIQUE (seq)', p_name, 'uq_' || p_name || '_seq');
    END IF;
    IF p_table IN ('event_log', 'audit_entry') THEN
        EXECUTE format('CREATE TRIGGER append_only_all BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                       p_name);
    END IF;
END $$;

-- Make the partition of a month. False where there is one, where the first one holds that month, or where rows of that month lie
-- in the partition of what has none (they stay there).
CREATE FUNCTION partition_make(p_table text, p_month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET lock_timeout = '800ms' AS $$
DECLARE
    v_name text := partition_name(p_table, p_month);
    v_from text := partition_bound(p_table, p_month);
    v_to text := partition_bound(p_table, (p_month + interval '1 month')::date);
    v_column text := CASE p_table WHEN 'audit_entry' THEN 'month' ELSE 'id' END;
    v_taken boolean;
BEGIN
    IF p_table NOT IN ('audit_entry', 'event_log', 'message') OR p_month <> date_trunc('month', p_month) THEN
        RAISE EXCEPTION 'not a month of a table in partitions' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF to_regclass(v_name) IS NOT NULL THEN
        RETURN false;
    END IF;
    SELECT v_from COLLATE "C" < (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1] INTO v_taken
      FROM pg_class c WHERE c.oid = to_regclass(p_table || '_first') AND c.relispartition;
    IF v_taken THEN
        RETURN false;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE %I >= %L AND %I < %L)', p_table || '_rest', v_column, v_from, v_column, v_to)
       INTO v_taken;
    IF v_taken THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', v_name, p_table);
    PERFORM partition_dress(p_table, v_name);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', p_table, v_name, v_from, v_to);
    RETURN true;
END $$;

-- Remove a partition that ended two months ago and that retention has emptied. False where it is not that. Its emptiness is
-- asked again once nobody else can write; row_security is off, so that a policy would make the question fail, not lie.
CREATE FUNCTION partition_drop(p_name text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET lock_timeout = '800ms' SET row_security = off
SET enable_hashjoin = on SET enable_mergejoin = on AS $$
DECLARE
    v_table text;
    v_end text;
    v_filled boolean;
BEGIN
    SELECT p.relname, (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1] INTO v_table, v_end
      FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
     WHERE c.oid = to_regclass(quote_ident(p_name)) AND c.relkind = 'r'
       AND p.relname IN ('audit_entry', 'event_log', 'message') AND p.relnamespace = 'public'::regnamespace;
    IF v_end IS NULL OR v_end COLLATE "C" > partition_bound(v_table, (date_trunc('month', now() AT TIME ZONE 'UTC') - interval '2 months')::date) THEN
        RETURN false;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', p_name) INTO v_filled;
    IF v_filled THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', p_name);
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', p_name) INTO v_filled;
    IF v_filled THEN
        RETURN false;
    END IF;
    -- the server asks whether anyone refers to rows of the partition: none is there, and other tables' policies do not matter
    PERFORM set_config('row_security', 'on', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true);
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', v_table, p_name);
    EXECUTE format('DROP TABLE %I', p_name);
    RETURN true;
END $$;

-- What the planner knows of a table as a whole, which the server keeps of partitions only.
CREATE FUNCTION partitions_analyze(p_table text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET lock_timeout = '800ms' AS $$
BEGIN
    IF p_table NOT IN ('audit_entry', 'event_log', 'message') THEN
        RAISE EXCEPTION 'not a table in partitions' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    EXECUTE format('ANALYZE %I', p_table);
END $$;

REVOKE ALL ON FUNCTION partition_dress(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION partition_make(text, date), partition_drop(text), partitions_analyze(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION partition_make(text, date), partition_drop(text), partitions_analyze(text) TO :app_role;

-- Attach what was there as the first partition, up to the time that its check `until` has proven: no row is looked at.
CREATE FUNCTION partition_attach_first(p_table text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    v_until text := substring((SELECT pg_get_constraintdef(oid) FROM pg_constraint
                                WHERE conrelid = to_regclass(p_table || '_first') AND conname = 'until') FROM '''([^'']+)''');
    v_month date := date_trunc('month', now() AT TIME ZONE 'UTC');
BEGIN
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)', p_table, p_table || '_first', v_until);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT until', p_table || '_first');
    EXECUTE format('CREATE TABLE public.%I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', p_table || '_rest', p_table);
    PERFORM partition_dress(p_table, p_table || '_rest');
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I DEFAULT', p_table, p_table || '_rest');
    FOR i IN 1 .. 6 LOOP
        PERFORM partition_make(p_table, (v_month + i * interval '1 month')::date);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION partition_attach_first(text) FROM PUBLIC;
