using System.Globalization;
using System.Text.RegularExpressions;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Audit;

/// <summary>The audit holds after an honest run, and finds each way in which a database can be wrong.</summary>
public sealed class AuditCommandTests(AuditedDatabase database) : IClassFixture<AuditedDatabase>
{
    [Fact]
    public async Task Audit_holds_after_silos_were_killed_and_counts_every_record_once()
    {
        var copy = await database.CopyAsync();

        var (exitCode, output) = await copy.RunAsync("audit");

        Assert.True(exitCode == 0, output);
        Assert.Matches(string.Create(CultureInfo.InvariantCulture, $@"
holds: {AuditedDatabase.Records} records of \d+ partitions, "), output);
        Assert.Equal(
            (AuditedDatabase.Records, AuditedDatabase.EmptyRecords, AuditedDatabase.DeadRecords),
            (await SumAsync("records_read"), await SumAsync("records_empty"), await SumAsync("records_dead_lettered")));
        Assert.Equal(
            await copy.ScalarAsync<long>("""
                select (select count(*) from otel.spans) + (select count(*) from otel.log_records) + (select count(*) from otel.metric_number_points) + (select count(*) from otel.metric_histogram_points)
                    + (select count(*) from otel.metric_exp_histogram_points) + (select count(*) from otel.metric_summary_points) + (select count(*) from otel.metric_exemplars) + (select count(*) from otel.dead_letters)
                """),
            await SumAsync("rows_decoded"));

        Task<long> SumAsync(string column) => copy.ScalarAsync<long>($"select sum({column})::bigint from otel.ingest_audit");
    }

    [Fact]
    public async Task Audit_of_a_topic_shows_only_its_partitions()
    {
        var (exitCode, output) = await database.AuditAsync(null, "--topic", "otlp_logs");

        Assert.True(exitCode == 0, output);
        Assert.Contains("otlp_logs/3", output, StringComparison.Ordinal);
        Assert.DoesNotContain("otlp_spans", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lost_span_is_found_and_the_range_of_its_flush_named()
    {
        // Of a record that it shares with two other services.
        var (exitCode, output) = await database.AuditAsync("delete from otel.spans where ctid = (select ctid from otel.spans where service_name = 'blue' limit 1) and service_name = 'blue'");

        Assert.Equal(1, exitCode);
        Assert.Matches(@"^problem  otlp_spans/\d \[\d+, \d+\) service blue(, otlp_spans/\d \[\d+, \d+\) service blue)*: \d+ rows of spans are there, \d+ were flushed by transaction \d+$", Problem(output));
    }

    [Fact]
    public async Task Lost_data_point_is_found_and_the_range_of_its_flush_named()
    {
        var (exitCode, output) = await database.AuditAsync("delete from otel.metric_number_points where ctid = (select min(ctid) from otel.metric_number_points)");

        Assert.Equal(1, exitCode);
        Assert.Matches(@"^problem  otlp_metrics/\d \[\d+, \d+\) service .* rows of metric_number_points are there", Problem(output));
    }

    [Fact]
    public async Task Doubled_row_is_found()
    {
        var (exitCode, output) = await database.AuditAsync("insert into otel.spans select * from otel.spans where service_name = 'blue' limit 1");

        Assert.Equal(1, exitCode);
        Assert.Matches(@"^problem  table spans: 1 rows of transaction \d+ are there, and no flush stored them$", Problem(output));
    }

    [Fact]
    public async Task Flush_that_nobody_wrote_down_is_found_in_all_three_ways()
    {
        const string last = "(service_name, topic, partition, to_offset) = (select service_name, topic, partition, to_offset from otel.ingest_flushes where service_name = 'blue' order by to_offset desc limit 1)";
        var copy = await database.CopyAsync();
        var range = await copy.ScalarAsync<string>($"select topic || '/' || partition || ' [' || coalesce(from_offset, 0) || ', ' || to_offset || ')' from otel.ingest_flushes where {last}");
        await copy.ExecuteAsync($"delete from otel.ingest_flushes where {last}");

        var (exitCode, output) = await copy.RunAsync("audit");

        Assert.Equal(1, exitCode);
        Assert.Matches($"{Regex.Escape(range)}: service blue: (its last flush ended at|the ledger stands at)", output);
        Assert.Matches(@"problem  otlp_spans/\d \[\d+, \d+\): record \d+ has 3 rows, 6 were decoded", output);
        // Other services may have shared the transaction.
        Assert.Matches(@"rows of (spans|transaction \d+) are there, (\d+ were flushed|and no flush stored them)", output);
    }

    [Fact]
    public async Task Record_stored_by_no_flush_is_found()
    {
        // Only unknown_service has rows of it.
        var (exitCode, output) = await database.AuditAsync("delete from otel.ingest_flushes where service_name = 'unknown_service' and from_offset is null");

        Assert.Equal(1, exitCode);
        Assert.Matches(@"problem  otlp_spans/\d \[\d+, \d+\): \d+ of \d+ records are not stored", output);
        Assert.Matches(@"problem  otlp_spans/\d \[0, \d+\): service unknown_service: (its first flush is missing|the ledger stands at \d+, and there is no flush)", output);
    }

    [Fact]
    public async Task Ledger_that_was_altered_is_found()
    {
        var (exitCode, output) = await database.AuditAsync(
            "update otel.ingest_ledger set next_offset = next_offset + 7 where (service_name, topic, partition) = (select service_name, topic, partition from otel.ingest_ledger where service_name = 'red' limit 1)");

        Assert.Equal(1, exitCode);
        Assert.Matches(@"^problem  otlp_spans/\d \[\d+, \d+\): service red: its last flush ended at \d+, the ledger stands at \d+$", Problem(output));
    }

    [Fact]
    public async Task Resume_point_that_was_moved_over_records_is_found()
    {
        var (exitCode, output) = await database.AuditAsync("update otel.partition_progress set next_offset = next_offset + 3, records = records + 3 where topic = 'otlp_spans' and partition = 1");

        Assert.Equal(1, exitCode);
        Assert.Matches(@"^problem  otlp_spans/1 \[\d+, \d+\): 3 of \d+ records are not stored$", Problem(output));
    }

    [Fact]
    public async Task Lost_dead_letter_is_found()
    {
        var (exitCode, output) = await database.AuditAsync("delete from otel.dead_letters where id = (select min(id) from otel.dead_letters)");

        Assert.Equal(1, exitCode);
        Assert.Matches(@"^problem  otlp_spans/\d \[\d+, \d+\): 0 dead letters are there, 1 were flushed$", Problem(output));
    }

    [Fact]
    public async Task Rows_that_move_from_the_default_leaf_to_their_day_are_still_accounted_for()
    {
        var copy = await database.CopyAsync();
        // The corpus is older than the leaves are: its rows lie in the default one.
        var day = await copy.ScalarAsync<DateOnly>("select start_time::date from otel.spans_default limit 1");
        var made = await copy.ScalarAsync<int>($"select otel.ensure_partitions('otel.spans', '{day:yyyy-MM-dd}', '{day:yyyy-MM-dd}')");
        Assert.Equal(1, made);

        var (exitCode, output) = await copy.RunAsync("audit");

        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public async Task Database_that_was_restored_from_a_dump_is_compared_by_totals()
    {
        const string restored = "create table t as select * from otel.ingest_flushes; truncate otel.ingest_flushes; insert into otel.ingest_flushes select * from t;";

        var (exitCode, output) = await database.AuditAsync(restored);
        Assert.True(exitCode == 0, output);
        Assert.Contains("restored from a dump", output, StringComparison.Ordinal);

        (exitCode, output) = await database.AuditAsync($"{restored} delete from otel.log_records where ctid = (select min(ctid) from otel.log_records)");
        Assert.Equal(1, exitCode);
        Assert.Matches(@"^problem  table log_records: \d+ rows are there, \d+ were flushed$", Problem(output));
    }

    [Fact]
    public async Task Flushes_that_retention_dropped_are_not_missed()
    {
        // As if everything had happened two days earlier, and today's leaf were the oldest.
        var (exitCode, output) = await database.AuditAsync("""
            update otel.ingest_ledger set since = since - interval '2 days', updated_at = updated_at - interval '2 days';
            update otel.dead_letters set at = at - interval '2 days';
            delete from otel.ingest_flushes; delete from otel.ingest_progress;
            select otel.drop_partitions_before('otel.ingest_flushes', (now() at time zone 'UTC')::date);
            """);

        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public async Task Topic_that_was_never_read_is_an_error_of_one_line()
    {
        var (exitCode, output) = await database.AuditAsync(null, "--topic", "otlp_span");

        Assert.Equal(1, exitCode);
        Assert.Matches(@"^Nothing was read of topic 'otlp_span' yet: there is otlp_logs, otlp_metrics, otlp_spans in .*$", output.Trim());
    }

    private static string Problem(string output) => Assert.Single(output.Split('\n'), line => line.StartsWith("problem", StringComparison.Ordinal));
}
