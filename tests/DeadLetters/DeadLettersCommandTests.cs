using System.Globalization;
using Npgsql;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.DeadLetters;

/// <summary>What people do with what could not be stored.</summary>
public sealed class DeadLettersCommandTests(LetterDatabase database) : IClassFixture<LetterDatabase>
{
    private const string DropConstraint = "alter table otel.spans drop constraint nobody_is_blue";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task List_counts_by_reason_and_shows_each_letter()
    {
        var copy = await database.CopyAsync();

        var (exitCode, output) = await copy.RunAsync("dead-letters", "list");

        Assert.Equal(0, exitCode);
        foreach (var reason in new[] { LetterDatabase.TooMany, LetterDatabase.Refused, LetterDatabase.BadItem, LetterDatabase.Poison })
        {
            Assert.Matches($@"(?m)^{reason} +1 +\d+ +20", output);
            Assert.Matches($@"(?m)^ *\d+  20\S+ \S+  otlp_spans/\d \d+.* {reason} .* open$", output);
        }

        Assert.Contains(", item 1 ", output, StringComparison.Ordinal);
        Assert.Contains(", a row of spans ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "--service", "shop", "--reason", LetterDatabase.BadItem)]
    [InlineData(2, "--service", "shop")]
    [InlineData(4, "--topic", "otlp_spans")]
    [InlineData(0, "--topic", "otlp_logs")]
    [InlineData(4, "--since", "01:00:00")]
    [InlineData(0, "--since", "2099-01-01T00:00Z")]
    [InlineData(1, "--limit", "1")]
    public async Task List_shows_what_was_asked_for(int letters, params string[] filter)
    {
        var copy = await database.CopyAsync();

        var (exitCode, output) = await copy.RunAsync(["dead-letters", "list", .. filter]);

        Assert.Equal(0, exitCode);
        Assert.Equal(letters, output.Split('\n').Count(l => l.EndsWith(" open", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Show_tells_everything_and_prints_the_payload_as_text_if_it_is_text()
    {
        var copy = await database.CopyAsync();

        var (exitCode, output) = await copy.RunAsync("dead-letters", "show", await IdAsync(copy, LetterDatabase.Poison));

        Assert.Equal(0, exitCode);
        Assert.Matches(@"record +otlp_spans/\d \d+", output);
        Assert.Matches(@"reason +malformed_payload", output);
        Assert.Matches(@"service +unknown_service", output);
        Assert.EndsWith("\n\nthis is no protobuf", output.TrimEnd(), StringComparison.Ordinal);

        (_, output) = await copy.RunAsync("dead-letters", "show", await IdAsync(copy, LetterDatabase.TooMany));
        Assert.Matches(@"encoding +gzip", output);
        Assert.Matches(@"(?m)^00000000  1f 8b 08 ", output);
    }

    [Fact]
    public async Task Show_of_a_letter_that_is_not_there_is_an_error_of_one_line()
    {
        var copy = await database.CopyAsync();

        Assert.Equal((1, "There is no dead letter 999: see otelorleans dead-letters list --all"), await TrimmedAsync(copy.RunAsync("dead-letters", "show", "999")));
    }

    [Fact]
    public async Task Export_writes_the_bytes_that_came_and_overwrites_nothing()
    {
        var copy = await database.CopyAsync();
        var folder = Directory.CreateTempSubdirectory("otelorleans-letters-");
        try
        {
            var (exitCode, output) = await copy.RunAsync("dead-letters", "export", "--to", folder.FullName);

            Assert.True(exitCode == 0, output);
            Assert.Equal(LetterDatabase.PoisonPayload, await File.ReadAllBytesAsync(await PathAsync(LetterDatabase.Poison, ".traces"), Ct));
            Assert.Equal(LetterDatabase.TooManyPayload, await File.ReadAllBytesAsync(await PathAsync(LetterDatabase.TooMany, ".traces"), Ct));
            Assert.Contains("--header content-encoding=gzip", output, StringComparison.Ordinal);
            var item = TracesData.Parser.ParseFrom(await File.ReadAllBytesAsync(await PathAsync(LetterDatabase.BadItem, "-1.traces"), Ct));
            Assert.Equal("shop", item.ResourceSpans.Single().Resource.Attributes.Single(a => a.Key == "service.name").Value.StringValue);
            Assert.Equal<byte>([1, 2], item.ResourceSpans.Single().ScopeSpans.Single().Spans.Single().SpanId.ToByteArray());
            Assert.True(File.Exists(await PathAsync(LetterDatabase.Refused, $"-row{await IdAsync(copy, LetterDatabase.Refused)}.spans")));

            await File.WriteAllTextAsync(await PathAsync(LetterDatabase.Poison, ".traces"), "changed", Ct);
            (exitCode, output) = await copy.RunAsync("dead-letters", "export", "--to", folder.FullName, "--reason", LetterDatabase.Poison);
            Assert.Equal(1, exitCode);
            Assert.Contains("is there already", output, StringComparison.Ordinal);
            Assert.Equal("changed", await File.ReadAllTextAsync(await PathAsync(LetterDatabase.Poison, ".traces"), Ct));
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        async Task<string> PathAsync(string reason, string end) =>
            Path.Combine(folder.FullName, await copy.ScalarAsync<string>($"select topic || '-' || partition || '-' || \"offset\" from otel.dead_letters where reason = '{reason}'") + end);
    }

    [Fact]
    public async Task Payload_within_todays_limits_is_stored_once_however_often_it_is_replayed()
    {
        var copy = await database.CopyAsync();
        var id = await IdAsync(copy, LetterDatabase.TooMany);

        Assert.Equal((0, $"{id}: stored, 50 rows"), await TrimmedAsync(copy.RunAsync("dead-letters", "replay", "--id", id)));
        Assert.Equal((0, $"{id}: was replayed or dropped before"), await TrimmedAsync(copy.RunAsync("dead-letters", "replay", "--id", id)));

        Assert.Equal(LetterDatabase.SpansOfTooMany, await SpansAsync(copy, "service_name = 'many'"));
        Assert.Equal(1L, await copy.ScalarAsync<long>("select count(*) from otel.resources where service_name = 'many'"));
        await AuditHoldsAsync(copy);
    }

    [Fact]
    public async Task Row_that_postgres_refused_is_stored_once_the_constraint_is_gone()
    {
        var copy = await database.CopyAsync();
        var id = await IdAsync(copy, LetterDatabase.Refused);

        var (exitCode, output) = await copy.RunAsync("dead-letters", "replay", "--id", id);
        Assert.Equal(1, exitCode);
        Assert.Matches(@"^\d+: fails again: .*nobody_is_blue", output);
        Assert.Equal(0, await SpansAsync(copy, "name = 'blue'"));

        await copy.ExecuteAsync(DropConstraint);
        Assert.Equal((0, $"{id}: stored, 1 rows"), await TrimmedAsync(copy.RunAsync("dead-letters", "replay", "--reason", LetterDatabase.Refused)));
        Assert.Equal(1, await SpansAsync(copy, "name = 'blue' and service_name = 'shop' and exists (select from otel.resources r where r.resource_id = spans.resource_id)"));
        await AuditHoldsAsync(copy);
    }

    [Theory]
    [InlineData(LetterDatabase.Poison)]
    [InlineData(LetterDatabase.BadItem)]
    public async Task Letter_that_fails_again_stays(string reason)
    {
        var copy = await database.CopyAsync();
        await copy.ExecuteAsync($"update otel.dead_letters set error = 'of yesterday' where reason = '{reason}'");

        var (exitCode, output) = await copy.RunAsync("dead-letters", "replay", "--reason", reason);

        Assert.Equal(1, exitCode);
        Assert.Contains("fails again", output, StringComparison.Ordinal);
        Assert.NotEqual("of yesterday", await copy.ScalarAsync<string>($"select error from otel.dead_letters where reason = '{reason}' and replayed_at is null and payload is not null"));
        await AuditHoldsAsync(copy);
    }

    [Fact]
    public async Task Dry_run_stores_nothing()
    {
        var copy = await database.CopyAsync();

        var (exitCode, output) = await copy.RunAsync("dead-letters", "replay", "--topic", "otlp_spans", "--dry-run");

        Assert.Equal(1, exitCode);
        Assert.Contains("would be stored, 50 rows", output, StringComparison.Ordinal);
        Assert.Equal(0, await SpansAsync(copy, "service_name = 'many'"));
        Assert.Equal(4L, await copy.ScalarAsync<long>("select count(*) from otel.dead_letters where replayed_at is null"));
    }

    [Fact]
    public async Task Replays_at_once_store_once()
    {
        var copy = await database.CopyAsync();
        await using var held = await HoldSpansAsync(copy);

        var replays = Enumerable.Range(0, 3).Select(_ => copy.RunAsync("dead-letters", "replay", "--reason", LetterDatabase.TooMany)).ToList();
        await WaitingForLocksAsync(copy, 3);
        await held.DisposeAsync();

        var results = await Task.WhenAll(replays);
        Assert.All(results, r => Assert.Equal(0, r.ExitCode));
        Assert.Single(results, r => r.Output.Contains("stored, 50 rows", StringComparison.Ordinal));
        Assert.Equal(LetterDatabase.SpansOfTooMany, await SpansAsync(copy, "service_name = 'many'"));
        await AuditHoldsAsync(copy);
    }

    [Fact]
    public async Task Replay_killed_in_between_can_be_repeated()
    {
        var copy = await database.CopyAsync();
        await using (await HoldSpansAsync(copy))
        {
            await using var replay = SiloProcess.Start(["dead-letters", "replay", "--reason", LetterDatabase.TooMany], copy.Variables);
            await WaitingForLocksAsync(copy, 1);
            await replay.KillAsync();
        }

        var (exitCode, output) = await copy.RunAsync("dead-letters", "replay", "--id", await IdAsync(copy, LetterDatabase.TooMany));

        Assert.True(exitCode == 0, output);
        Assert.Equal(LetterDatabase.SpansOfTooMany, await SpansAsync(copy, "service_name = 'many'"));
        await AuditHoldsAsync(copy);
    }

    [Fact]
    public async Task Drop_asks_first_and_leaves_what_the_audit_needs()
    {
        var copy = await database.CopyAsync();

        var (exitCode, output) = await copy.RunAsync("dead-letters", "drop", "--reason", LetterDatabase.Poison);
        Assert.Equal(1, exitCode);
        Assert.Contains("--yes", output, StringComparison.Ordinal);

        Assert.Equal((0, "1 dead letters dropped"), await TrimmedAsync(copy.RunAsync("dead-letters", "drop", "--reason", LetterDatabase.Poison, "--yes")));
        Assert.Equal((0, "no dead letters"), await TrimmedAsync(copy.RunAsync("dead-letters", "list", "--reason", LetterDatabase.Poison)));
        Assert.Equal(1L, await copy.ScalarAsync<long>("select count(*) from otel.dead_letters where dropped_at is not null and payload is null"));
        await AuditHoldsAsync(copy);
    }

    [Theory]
    [InlineData("replay")]
    [InlineData("drop")]
    public async Task Verb_that_changes_things_wants_to_be_told_which_letters(string verb)
    {
        var copy = await database.CopyAsync();

        var (exitCode, output) = await copy.RunAsync("dead-letters", verb);

        Assert.Equal(64, exitCode);
        Assert.Contains("Say which letters", output, StringComparison.Ordinal);
    }

    private static Task<string> IdAsync(DatabaseCopy copy, string reason) => copy.ScalarAsync<string>($"select id::text from otel.dead_letters where reason = '{reason}'");

    private static Task<long> SpansAsync(DatabaseCopy copy, string condition) => copy.ScalarAsync<long>($"select count(*) from otel.spans where {condition}");

    private static async Task AuditHoldsAsync(DatabaseCopy copy)
    {
        var (exitCode, output) = await copy.RunAsync("audit");
        Assert.True(exitCode == 0, output);
    }

    private static async Task<(int ExitCode, string Output)> TrimmedAsync(Task<(int ExitCode, string Output)> run)
    {
        var (exitCode, output) = await run;
        return (exitCode, output.Trim());
    }

    /// <summary>Nobody can write spans until the answer is disposed of.</summary>
    private static async Task<NpgsqlConnection> HoldSpansAsync(DatabaseCopy copy)
    {
        var connection = new NpgsqlConnection(copy.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("begin; lock table otel.spans in exclusive mode", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private static Task WaitingForLocksAsync(DatabaseCopy copy, int count) => Wait.ForAsync(
        count.ToString(CultureInfo.InvariantCulture),
        () => copy.ScalarAsync<string>("select count(*)::text from pg_stat_activity where datname = current_database() and application_name = 'otelorleans-writer' and wait_event_type = 'Lock'"));
}
