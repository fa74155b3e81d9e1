using System.Text;
using System.Text.Json;
using Npgsql;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Sql;

namespace OtelOrleans.Tests.Queries;

/// <summary>How Postgres answers the <see cref="Questions"/>: the plans that really run, those within functions too, on four days of a small shop.</summary>
public sealed class QueryPlanTests(QueryPlanTests.LoadedDatabase loaded) : IClassFixture<QueryPlanTests.LoadedDatabase>
{
    // Other versions have other nodes.
    private const string PlansOfVersion = "15";

    private static readonly string PlansFile = Path.Combine(Repository.Root, "tests", "Queries", "QueryPlans.txt");

    /// <summary>Read this when it fails: is the new plan as good? Then put it into the file. `make bench BENCH=query` tells on millions of rows.</summary>
    [Fact]
    public async Task Every_question_is_answered_by_the_plan_that_is_written_down()
    {
        var database = await loaded.GetAsync();
        Assert.SkipUnless(database.Version == PlansOfVersion, $"the plans in {PlansFile} are those of PostgreSQL {PlansOfVersion}");
        var text = new StringBuilder();
        foreach (var question in Questions.All)
        {
            text.Append(question.Name).Append('\n');
            foreach (var plan in database.Plans[question.Name])
            {
                text.Append(database.Shape.Of(plan));
            }
        }

        var written = Path.Combine(AppContext.BaseDirectory, "QueryPlans.actual.txt");
        await File.WriteAllTextAsync(written, text.ToString(), TestContext.Current.CancellationToken);
        Assert.True(text.ToString() == await File.ReadAllTextAsync(PlansFile, TestContext.Current.CancellationToken), $"{PlansFile} says otherwise than {written}");
    }

    [Fact]
    public async Task No_question_reads_a_table_from_end_to_end()
    {
        var database = await loaded.GetAsync();

        Assert.All(database.Plans, q => Assert.NotEmpty(q.Value));
        Assert.Empty(database.Plans.SelectMany(q => q.Value.SelectMany(database.Shape.ReadWhole).Select(t => $"{q.Key} reads {t}")));
    }

    [Fact]
    public async Task Every_question_has_an_answer()
    {
        var database = await loaded.GetAsync();

        Assert.Empty(database.Answers.Where(a => a.Value == 0).Select(a => a.Key));
    }

    /// <summary>A database with four days of telemetry and what came of asking.</summary>
    public sealed class LoadedDatabase(PostgresFixture postgres)
    {
        private static readonly SampleTelemetry Telemetry = new(new DateTime(2025, 3, 1, 0, 0, 0, DateTimeKind.Utc), Days: 4, Spans: 40_000, Logs: 40_000);

        private Asked? _asked;

        internal async Task<Asked> GetAsync() => _asked ??= await AskAsync();

        private async Task<Asked> AskAsync()
        {
            await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
            await using var connection = new NpgsqlConnection($"{PostgresFixture.ConnectionString(sql.Options)};Pooling=false;Command Timeout=300");
            await connection.OpenAsync();
            await Telemetry.LoadAsync(connection);
            var sample = Assert.Single(await Telemetry.PickAsync(connection, 1, seed: 3));

            var plans = new List<JsonElement>();
            connection.Notice += (_, e) =>
            {
                if (e.Notice.MessageText.Split("plan:\n", 2) is [_, var plan])
                {
                    plans.Add(JsonDocument.Parse(plan).RootElement.GetProperty("Plan"));
                }
            };

            // Plans as they run, those of statements in functions too. Workers and JIT depend on the machine.
            await ExecuteAsync(
                "load 'auto_explain'; set auto_explain.log_nested_statements = on; set auto_explain.log_format = json; set auto_explain.log_level = notice; "
                + "set client_min_messages = notice; set max_parallel_workers_per_gather = 0; set jit = off; set random_page_cost = 1.1");
            var asked = new Asked((await sql.ScalarAsync<string>("show server_version")).Split('.')[0], await ShapeAsync(connection), [], []);
            foreach (var question in Questions.All)
            {
                plans.Clear();
                await ExecuteAsync("set auto_explain.log_min_duration = 0");
                await using (var command = new NpgsqlCommand(question.Sql, connection))
                {
                    foreach (var value in question.Values(sample))
                    {
                        command.Parameters.Add(new() { Value = value });
                    }

                    await using var reader = await command.ExecuteReaderAsync();
                    var answers = 0;
                    while (await reader.ReadAsync())
                    {
                        answers++;
                    }

                    asked.Answers.Add(question.Name, answers);
                }

                asked.Plans.Add(question.Name, [.. plans]);
                await ExecuteAsync("set auto_explain.log_min_duration = -1");
            }

            return asked;

            async Task ExecuteAsync(string text)
            {
                await using var command = new NpgsqlCommand(text, connection);
                await command.ExecuteNonQueryAsync();
            }
        }

        private static async Task<PlanShape> ShapeAsync(NpgsqlConnection connection)
        {
            var names = new Dictionary<string, string>();
            var rows = new Dictionary<string, long>();
            await using var command = new NpgsqlCommand(
                """
                select c.relname, p.relname, c.relkind in ('r', 'p'), greatest(c.reltuples, 0)::bigint
                from pg_class c left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
                where c.relnamespace = 'otel'::regnamespace and c.relkind in ('r', 'p', 'i', 'I')
                """,
                connection);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                if (!reader.IsDBNull(1))
                {
                    names[reader.GetString(0)] = reader.GetString(1);
                }

                if (reader.GetBoolean(2))
                {
                    rows[reader.GetString(0)] = reader.GetInt64(3);
                }
            }

            return new(names, rows);
        }
    }

    /// <summary>What came of asking each question once.</summary>
    internal sealed record Asked(string Version, PlanShape Shape, Dictionary<string, IReadOnlyList<JsonElement>> Plans, Dictionary<string, int> Answers);
}
