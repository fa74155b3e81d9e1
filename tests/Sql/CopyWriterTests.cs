using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Infrastructure;
using Xunit;

namespace OtelOrleans.Tests.Sql;

public sealed class CopyWriterTests(PostgresFixture postgres)
{
    private static readonly double[] Bounds = [1.5, 2.5];
    private static readonly long[] Counts = [1, 2, 3];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_row_of_every_table_is_stored_as_encoded()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        var result = await writer.FlushAsync(
            new()
            {
                ServiceName = "checkout",
                Moves = [new("t", 0, null, 1)],
                Dimensions = [.. CopyLayouts.All.Where(l => l.Role == CopyRole.Dimension).Select(OneRow)],
                Blocks = [.. CopyLayouts.All.Where(l => l.Role == CopyRole.Data).Select(OneRow)],
            },
            Ct);
        Assert.Equal((FlushOutcome.Committed, ""), (result.Outcome, result.Reason));
        foreach (var layout in CopyLayouts.All)
            Assert.Equal(1L, await sql.CountAsync(layout.Table));

        static CopyBlock OneRow(CopyLayout layout) => new Rows(layout).Add(layout.Table switch
        {
            "metric_histogram_bounds" => [("explicit_bounds", Bounds)],
            "metric_histogram_points" => [("count", 18_000_000L), ("bucket_counts", Counts)],
            "metric_exp_histogram_points" => [("count", 3L), ("zero_count", 0L)],
            "metric_summary_points" => [("count", 0L), ("quantiles", Bounds)],
            _ => [],
        }).ToBlock();
    }

    [Fact]
    public async Task Two_writers_of_the_same_move_store_its_rows_once()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var one = sql.NewWriter();
        await using var other = sql.NewWriter();
        foreach (var (expected, next) in new (long?, long)[] { (null, 10), (10, 20), (20, 30) })
        {
            FlushRequest Request() => new() { ServiceName = "cart", Moves = [new("t", 0, expected, next)], Blocks = [Rows.Spans("cart", 5)] };
            // The third pair meets in one queue: there they must not share a transaction.
            var (first, second) = next == 30 ? (one, one) : (one, other);
            var results = await Task.WhenAll(first.FlushAsync(Request(), Ct).AsTask(), second.FlushAsync(Request(), Ct).AsTask());
            Assert.Equal([FlushOutcome.Committed, FlushOutcome.Fenced], results.Select(r => r.Outcome).Order());
        }

        Assert.Equal(15L, await sql.CountAsync("spans"));
        Assert.Equal([new("t", 0, 30)], await sql.Ledger.LoadAsync("cart", Ct));
    }

    [Fact]
    public async Task A_move_without_rows_is_enough()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        Assert.Equal(FlushOutcome.Committed, (await writer.FlushAsync(new() { ServiceName = "s", Moves = [new("t", 2, null, 7), new("a", 1, null, 3)] }, Ct)).Outcome);
        Assert.Equal(FlushOutcome.Fenced, (await writer.FlushAsync(new() { ServiceName = "s", Moves = [new("t", 2, 7, 8), new("a", 1, 4, 5)] }, Ct)).Outcome);
        Assert.Equal([new("a", 1, 3), new("t", 2, 7)], await sql.Ledger.LoadAsync("s", Ct));
        Assert.Equal(["s"], await sql.Ledger.ServicesAsync(Ct));
    }

    [Fact]
    public async Task Flushes_that_wait_share_a_transaction()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), configure: o => o.WriterConnections = 1);
        await using var writer = sql.NewWriter();
        var answers = await GroupAsync(sql, writer, Enumerable.Range(0, 300).Select(i => Request($"s{i}", 10)));
        Assert.All(answers, r => Assert.Equal(FlushOutcome.Committed, r.Outcome));
        Assert.Equal(3_000L, await sql.ScalarAsync<long>("select count(*) from otel.spans where service_name <> 'first'"));
        Assert.Equal(2L, await sql.ScalarAsync<long>("select count(distinct xmin::text) from otel.ingest_ledger"));
    }

    [Fact]
    public async Task A_transaction_holds_no_more_rows_than_configured()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), configure: o => (o.WriterConnections, o.MaxRowsPerTransaction) = (1, 100));
        await using var writer = sql.NewWriter();
        await GroupAsync(sql, writer, Enumerable.Range(0, 30).Select(i => Request($"s{i}", 10)));
        Assert.Equal(100L, await sql.ScalarAsync<long>("select max(n) from (select count(*) as n from otel.ingest_ledger where service_name <> 'first' group by xmin::text) t") * 10);
    }

    [Fact]
    public async Task A_fenced_service_does_not_hurt_its_neighbours()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), configure: o => o.WriterConnections = 1);
        await using var writer = sql.NewWriter();
        var answers = await GroupAsync(sql, writer, Enumerable.Range(0, 20).Select(i => Request($"s{i}", 3, expected: i is 7 or 13 ? 99 : null)));
        Assert.Equal([7, 13], answers.Index().Where(a => a.Item.Outcome == FlushOutcome.Fenced).Select(a => a.Index));
        Assert.Equal(18, answers.Count(a => a.Outcome == FlushOutcome.Committed));
        Assert.Equal(54L, await sql.ScalarAsync<long>("select count(*) from otel.spans where service_name <> 'first'"));
    }

    [Theory]
    [InlineData("name", "a\0b", "22021")]
    [InlineData("attributes", "{\"a\":", "22P02")]
    [InlineData("attributes", "{\"a\":\"\\u0000\"}", "22P05")]
    [InlineData("attributes", "{\"a\":1e200000}", "22003")]
    [InlineData("resource_id", null, "23502")]
    public async Task A_refused_row_is_named_and_does_not_hurt_the_neighbours(string column, string? value, string sqlState)
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), configure: o => o.WriterConnections = 1);
        await using var writer = sql.NewWriter();
        var guilty = new FlushRequest
        {
            ServiceName = "guilty",
            Moves = [new("t", 0, null, 1)],
            Blocks = [Rows.Spans("guilty", 4), new Rows(CopyLayouts.Spans).Add().Add().Add((column, value)).Add().ToBlock()],
        };
        var answers = await GroupAsync(sql, writer, [Request("a", 10), Request("b", 10), guilty, Request("c", 10)]);

        Assert.Equal([FlushOutcome.Committed, FlushOutcome.Committed, FlushOutcome.Refused, FlushOutcome.Committed], answers.Select(a => a.Outcome));
        var refused = answers[2];
        Assert.Equal(sqlState, refused.SqlState);
        Assert.Equal((CopyLayouts.Spans.Id, (int?)6), (refused.Refused!.Layout, refused.Refused.Row));
        Assert.Equal(30L, await sql.ScalarAsync<long>("select count(*) from otel.spans where service_name <> 'first'"));
        Assert.Empty(await sql.Ledger.LoadAsync("guilty", Ct));
    }

    [Fact]
    public async Task A_value_too_long_for_an_index_is_refused_and_its_sender_found()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), configure: o => o.WriterConnections = 1);
        await using var writer = sql.NewWriter();
        var random = new Random(1);
        var unpressable = new string([.. Enumerable.Range(0, 20_000).Select(_ => (char)random.Next('0', 'z'))]);
        var guilty = new FlushRequest { ServiceName = "guilty", Moves = [new("t", 0, null, 1)], Blocks = [new Rows(CopyLayouts.Spans).Add().Add(("trace_id", unpressable)).ToBlock()] };
        var answers = await GroupAsync(sql, writer, [Request("a", 3), guilty, Request("b", 3)]);
        Assert.Equal([FlushOutcome.Committed, FlushOutcome.Refused, FlushOutcome.Committed], answers.Select(a => a.Outcome));
        Assert.Equal("54000", answers[1].SqlState);
        Assert.Equal(6L, await sql.ScalarAsync<long>("select count(*) from otel.spans where service_name <> 'first'"));
    }

    [Fact]
    public async Task A_refused_dimension_row_is_named_and_does_not_hurt_the_neighbours()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), configure: o => o.WriterConnections = 1);
        await using var writer = sql.NewWriter();
        var bad = new Rows(CopyLayouts.Resources).Add(("resource_id", 5L)).Add(("resource_id", 6L), ("attributes", "{\"\\u0000\":1}")).ToBlock();
        var guilty = new FlushRequest { ServiceName = "guilty", Moves = [new("t", 0, null, 1)], Dimensions = [bad], Blocks = [Rows.Spans("guilty", 1)] };
        var answers = await GroupAsync(sql, writer, [Request("a", 3, dimension: 1), guilty, Request("b", 3, dimension: 2)]);
        Assert.Equal([FlushOutcome.Committed, FlushOutcome.Refused, FlushOutcome.Committed], answers.Select(a => a.Outcome));
        Assert.Equal((CopyLayouts.Resources.Id, (int?)1), (answers[1].Refused!.Layout, answers[1].Refused!.Row));
        Assert.Equal(2L, await sql.CountAsync("resources"));
    }

    [Fact]
    public async Task Where_Postgres_names_no_row_whoever_fails_alone_is_guilty()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), configure: o => o.WriterConnections = 1);
        await using var writer = sql.NewWriter();
        FlushRequest guilty = new() { ServiceName = "gu\0ilty", Moves = [new("t", 0, null, 1)], Blocks = [Rows.Spans("guilty", 3)] };
        var answers = await GroupAsync(sql, writer, [Request("a", 3), Request("b", 3), guilty, Request("c", 3)]);
        Assert.Equal([FlushOutcome.Committed, FlushOutcome.Committed, FlushOutcome.Refused, FlushOutcome.Committed], answers.Select(a => a.Outcome));
        Assert.Null(answers[2].Refused!.Row);
        Assert.Equal(9L, await sql.ScalarAsync<long>("select count(*) from otel.spans where service_name <> 'first'"));
    }

    [Theory]
    [InlineData("spans", 0)]
    [InlineData("spans", 3)]
    [InlineData("spans", 8)]
    [InlineData("log_records", 2)]
    public async Task Row_that_is_refused_at_commit_only_is_found(string table, int bad)
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        await sql.ExecuteAsync($"""
            create function refuse() returns trigger language plpgsql as 'begin raise exception using errcode = ''check_violation'', message = ''nobody is blue''; end';
            create constraint trigger no_blue after insert on otel.{table} deferrable initially deferred for each row when (new.service_name = 'blue') execute function refuse();
            """);
        var layout = CopyLayouts.All.Single(l => l.Table == table);
        CopyBlock Block(int from, int to)
        {
            var rows = new Rows(layout);
            for (var i = from; i < to; i++)
                rows.Add(("service_name", i == bad ? "blue" : "red"));
            return rows.ToBlock();
        }

        var others = Rows.Spans("red", 3);
        var result = await writer.FlushAsync(new() { ServiceName = "s", Moves = [new("t", 0, null, 1)], Blocks = [Block(0, 5), Block(5, 9), .. table == "spans" ? [] : new[] { others }] }, Ct);

        Assert.Equal((FlushOutcome.Refused, "23514"), (result.Outcome, result.SqlState));
        Assert.Equal((layout.Id, (int?)bad, "nobody is blue"), (result.Refused!.Layout, result.Refused.Row, result.Refused.Message));
        Assert.Equal(0L, await sql.CountAsync("spans") + await sql.CountAsync("log_records"));
    }

    [Fact]
    public async Task A_refused_row_can_be_taken_out_and_its_neighbours_stored()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        var block = new Rows(CopyLayouts.Spans).Add(("name", "one")).Add(("name", "t\0wo")).Add(("name", "three")).ToBlock();
        FlushRequest Flush(params CopyBlock[] blocks) => new() { ServiceName = "s", Moves = [new("t", 0, null, 1)], Blocks = blocks };

        var row = (await writer.FlushAsync(Flush(block), Ct)).Refused!.Row!.Value;
        var result = await writer.FlushAsync(
            Flush(block.Slice(0, row), block.Slice(row + 1, block.Rows - row - 1), new Rows(CopyLayouts.DeadLetters).Add(("payload", block.Slice(row, 1).Bytes.ToArray())).ToBlock()), Ct);

        Assert.Equal((FlushOutcome.Committed, ""), (result.Outcome, result.Reason));
        Assert.Equal("one,three", await sql.ScalarAsync<string>("select string_agg(name, ',' order by name) from otel.spans"));
        Assert.Equal(1L, await sql.CountAsync("dead_letters"));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.Slice(2, 2));
    }

    [Fact]
    public async Task Bytes_that_are_not_the_announced_rows_never_reach_Postgres()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        var block = Rows.Spans("s", 3);
        foreach (var wrong in new[] { block with { Rows = 2 }, block with { Bytes = block.Bytes[..^1] }, block with { Layout = CopyLayouts.LogRecords.Id } })
        {
            var result = await writer.FlushAsync(new() { ServiceName = "s", Moves = [new("t", 0, null, 1)], Blocks = [wrong] }, Ct);
            Assert.Equal((FlushOutcome.Refused, "22P04"), (result.Outcome, result.SqlState));
        }

        var unknown = await writer.FlushAsync(new() { ServiceName = "s", Moves = [new("t", 0, null, 1)], Blocks = [block with { Layout = 99 }] }, Ct);
        Assert.Equal(FlushOutcome.SchemaProblem, unknown.Outcome);
        Assert.Empty(await sql.Ledger.LoadAsync("s", Ct));
    }

    [Fact]
    public async Task A_missing_table_is_a_schema_problem_and_loses_nothing()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        await sql.ExecuteAsync("alter table otel.spans rename to hidden");
        var result = await writer.FlushAsync(Request("s", 1), Ct);
        Assert.Equal((FlushOutcome.SchemaProblem, "42P01"), (result.Outcome, result.SqlState));
        Assert.Contains("otelorleans migrate", result.Reason, StringComparison.Ordinal);
        await sql.ExecuteAsync("alter table otel.hidden rename to spans");
        Assert.Equal(FlushOutcome.Committed, (await writer.FlushAsync(Request("s", 1), Ct)).Outcome);
        Assert.Equal(1L, await sql.CountAsync("spans"));
    }

    [Fact]
    public async Task Writers_that_upsert_the_same_dimensions_in_other_orders_do_not_deadlock()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), configure: o => (o.WriterConnections, o.MaxConnections) = (4, 20));
        await using var one = sql.NewWriter();
        await using var other = sql.NewWriter();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async w =>
        {
            var random = new Random(w);
            long? expected = null;
            for (var round = 0; round < 20; round++)
            {
                var ids = Enumerable.Range(0, 60).Select(_ => (long)random.Next(40 + round * 10)).ToArray();
                var result = await (w % 2 == 0 ? one : other).FlushAsync(
                    new() { ServiceName = $"s{w}", Moves = [new("t", 0, expected, round)], Dimensions = [Rows.Resource($"s{w}", ids), Scopes(ids)] }, Ct);
                Assert.Equal((FlushOutcome.Committed, ""), (result.Outcome, result.Reason));
                expected = round;
            }
        }));
        Assert.Equal(0L, await sql.ScalarAsync<long>("select deadlocks from pg_stat_database where datname = current_database()"));

        static CopyBlock Scopes(long[] ids)
        {
            var rows = new Rows(CopyLayouts.Scopes);
            foreach (var id in ids)
                rows.Add(("scope_id", id));
            return rows.ToBlock();
        }
    }

    [Fact]
    public async Task Last_seen_of_a_dimension_is_true_to_the_hour_and_its_row_stays_as_it_was()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        await writer.FlushAsync(Request("s", 1, dimension: 1), Ct);
        await writer.FlushAsync(Request("s", 1, expected: 1, dimension: 2), Ct);
        await sql.ExecuteAsync("update otel.resources set last_seen = now() - interval '2 hours', service_name = 'kept' where resource_id = 1; update otel.resources set last_seen = now() - interval '10 minutes' where resource_id = 2");
        Assert.Equal(FlushOutcome.Committed, (await writer.FlushAsync(new() { ServiceName = "s", Moves = [new("t", 0, 2, 3)], Dimensions = [Rows.Resource("s", 1, 2, 2, 3)] }, Ct)).Outcome);
        Assert.Equal("1:kept:t,2:s:f,3:s:t", await sql.ScalarAsync<string>(
            "select string_agg(resource_id || ':' || service_name || ':' || (case when last_seen > now() - interval '1 minute' then 't' else 'f' end), ',' order by resource_id) from otel.resources"));
    }

    [Fact]
    public async Task A_flush_that_waits_can_be_withdrawn_and_one_under_way_is_answered()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), configure: o => o.WriterConnections = 1);
        await using var writer = sql.NewWriter();
        using var cancellation = new CancellationTokenSource();
        Task<FlushResult> underWay, waiting;
        await using (await sql.HoldLedgerAsync())
        {
            underWay = writer.FlushAsync(Request("one", 1), cancellation.Token).AsTask();
            await sql.UntilFlushWaitsForLockAsync();
            waiting = writer.FlushAsync(Request("two", 1), cancellation.Token).AsTask();
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            Assert.False(underWay.IsCompleted);
        }

        Assert.Equal(FlushOutcome.Committed, (await underWay).Outcome);
        Assert.Equal(["one"], await sql.Ledger.ServicesAsync(Ct));
    }

    [Fact]
    public async Task A_writer_that_stops_answers_what_waits()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        var writer = sql.NewWriter();
        var answers = Enumerable.Range(0, 50).Select(i => writer.FlushAsync(Request($"s{i}", 1), Ct).AsTask()).ToList();
        await writer.DisposeAsync();
        Assert.All(await Task.WhenAll(answers), a => Assert.Equal(FlushOutcome.Committed, a.Outcome));
        Assert.Equal(FlushOutcome.Retry, (await writer.FlushAsync(Request("late", 1), Ct)).Outcome);
    }

    private static FlushRequest Request(string service, int rows, long? expected = null, long? dimension = null) => new()
    {
        ServiceName = service,
        Moves = [new("t", 0, expected, (expected ?? 0) + 1)],
        Blocks = [Rows.Spans(service, rows)],
        Dimensions = dimension is { } id ? [Rows.Resource(service, id)] : [],
    };

    /// <summary>Has requests meet in one group: a first one keeps the only worker busy until they all wait.</summary>
    private static async Task<FlushResult[]> GroupAsync(SqlDatabase sql, CopyWriter writer, IEnumerable<FlushRequest> requests)
    {
        Task<FlushResult> first;
        List<Task<FlushResult>> answers;
        await using (await sql.HoldLedgerAsync())
        {
            first = writer.FlushAsync(Request("first", 1), Ct).AsTask();
            await sql.UntilFlushWaitsForLockAsync();
            answers = [.. requests.Select(r => writer.FlushAsync(r, Ct).AsTask())];
        }

        Assert.Equal(FlushOutcome.Committed, (await first).Outcome);
        return await Task.WhenAll(answers);
    }
}
