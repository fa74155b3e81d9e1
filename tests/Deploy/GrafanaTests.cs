using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Upkeep;
using OtelOrleans.Tests.Decoding;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Sql;

namespace OtelOrleans.Tests.Deploy;

/// <summary>What Grafana would ask is asked here, as the role that may only read, of a database that holds the corpus.</summary>
public sealed partial class GrafanaTests(PostgresFixture postgres)
{
    private const string Interval = "1m";

    private static readonly string[] Uids = [.. GrafanaDashboard.All.Select(d => d.Uid)];

    [Fact]
    public async Task Every_panel_and_variable_of_every_dashboard_shows_rows()
    {
        await using var sql = await LoadedAsync();
        await using var connection = new NpgsqlConnection($"{PostgresFixture.ConnectionString(sql.Options)};Pooling=false;Command Timeout=120");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        var metrics = (await sql.ScalarAsync<string>("select string_agg(distinct metric_name, ',') from otel_v1.metrics")).Split(',');
        var choices = new Dictionary<string, string>
        {
            ["from"] = $"'{await sql.ScalarAsync<string>("""select to_char(min(start_time) - interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') from otel.spans""")}'",
            ["to"] = string.Create(CultureInfo.InvariantCulture, $"'{DateTime.UtcNow.AddHours(1):yyyy-MM-ddTHH:mm:ssZ}'"),
            ["service"] = await sql.ScalarAsync<string>("select string_agg(quote_literal(service_name), ',') from otel_v1.services"),
            ["severity"] = "'TRACE','DEBUG','INFO','WARN','ERROR','FATAL','UNSPECIFIED'",
            ["trace_id"] = await sql.ScalarAsync<string>("select quote_literal(min(trace_id)) from otel_v1.spans"),
            ["search"] = "''",
            ["name"] = "''",
            ["min_ms"] = "'0'",
            ["errors"] = "'all'",
        };
        await ExecuteAsync(connection, "set role otel_reader");

        var failures = new List<string>();
        foreach (var (name, query) in GrafanaDashboard.All.SelectMany(d => d.Queries))
        {
            // No metric is of all kinds: each panel has to show some.
            var shows = false;
            foreach (var metric in query.Contains("${metric", StringComparison.Ordinal) ? metrics : [""])
            {
                choices["metric"] = $"'{metric}'";
                var asked = Substitute(query, choices);
                if (asked.Contains("$__", StringComparison.Ordinal) || asked.Contains("${", StringComparison.Ordinal))
                {
                    failures.Add($"{name}: this test does not know a macro or variable in {asked}");
                    break;
                }

                try
                {
                    shows |= await HasRowsAsync(connection, asked);
                }
                catch (PostgresException e)
                {
                    failures.Add($"{name}: {e.MessageText} at {e.Position} of {asked}");
                    break;
                }
            }

            if (!shows)
            {
                failures.Add($"{name} shows nothing");
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public void Every_panel_says_what_it_shows_and_asks_the_source_that_is_provisioned()
    {
        var source = File.ReadAllText(Path.Combine(GrafanaDashboard.Folder, "provisioning", "datasources", "otelorleans.yaml"));
        foreach (var dashboard in GrafanaDashboard.All)
        {
            Assert.All(dashboard.Panels, p => Assert.NotEqual("", p.GetProperty("description").GetString()));
            Assert.Equal(dashboard.Panels.Count(), dashboard.Panels.DistinctBy(p => p.GetProperty("id").GetInt32()).Count());
            Assert.All(dashboard.Panels, p => Assert.Contains($"uid: {p.GetProperty("datasource").GetProperty("uid")}", source, StringComparison.Ordinal));
            Assert.All(dashboard.Panels, p => Assert.Contains($"type: {p.GetProperty("datasource").GetProperty("type")}", source, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Links_between_dashboards_lead_somewhere()
    {
        Assert.Equal(Uids, Uids.Distinct());
        foreach (var dashboard in GrafanaDashboard.All)
        {
            var links = Link().Matches(dashboard.Text);
            Assert.All(links, l => Assert.Contains(l.Groups["uid"].Value, Uids));
            foreach (Match link in links)
            {
                var target = GrafanaDashboard.All.Single(d => d.Uid == link.Groups["uid"].Value);
                Assert.All(link.Groups["variable"].Captures, v => Assert.Contains(v.Value, target.Variables.Select(x => x.GetProperty("name").GetString())));
            }
        }
    }

    /// <summary>The macros of Grafana's Postgres data source, and variables written as <c>${name:sqlstring}</c>, which Grafana quotes.</summary>
    private static string Substitute(string query, Dictionary<string, string> choices)
    {
        var (from, to) = (choices["from"], choices["to"]);
        query = Macro("timeFilter").Replace(query, m => $"{m.Groups["column"]} BETWEEN {from} AND {to}");
        query = Macro("timeGroupAlias").Replace(query, m => $"floor(extract(epoch from {m.Groups["column"]})/60)*60 AS \"time\"");
        query = query.Replace("$__timeFrom()", from, StringComparison.Ordinal).Replace("$__timeTo()", to, StringComparison.Ordinal).Replace("$__interval", Interval, StringComparison.Ordinal);
        return Variable().Replace(query, m => choices.GetValueOrDefault(m.Groups["name"].Value, m.Value));
    }

    private static Regex Macro(string name) => new($@"\$__{name}\((?<column>[\w.]+)(,[^)]*)?\)", RegexOptions.CultureInvariant);

    [GeneratedRegex(@"\$\{(?<name>\w+):sqlstring\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"/d/(?<uid>[\w-]+)\?([^""]*?var-(?<variable>\w+)=)*")]
    private static partial Regex Link();

    private static async Task<bool> HasRowsAsync(NpgsqlConnection connection, string query)
    {
        await using var command = new NpgsqlCommand(query, connection);
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync();
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string text)
    {
        await using var command = new NpgsqlCommand(text, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The corpus as the writer stores it, with its rollups folded, a payload that is none, and what happens to a pipeline in time.</summary>
    private async Task<SqlDatabase> LoadedAsync()
    {
        var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        using var decoder = Payloads.NewDecoder();
        PayloadRecord[] records = [.. CorpusFiles.Protobuf.Concat(CorpusFiles.Json).Select((f, i) => new PayloadRecord(i, Payloads.TimestampUnixMs, CorpusFiles.SignalOf(f)!.Value, File.ReadAllBytes(f)))];
        await PostgresTests.AssertStoredAsync(sql, decoder.Decode(new("otlp", 0, 1, 1, [.. records, new(records.Length, Payloads.TimestampUnixMs, Signal.Traces, new byte[] { 0xFF })])));
        var keeper = new RollupKeeper(sql.Database, TimeProvider.System);
        await keeper.FoldAsync(TestContext.Current.CancellationToken);
        await sql.ExecuteAsync("""
            -- The corpus has no logs of its traces.
            update otel.log_records set trace_id = (select min(trace_id) from otel.spans);
            -- Nor calls from one service to another.
            insert into otel.service_edges (minute, caller, callee, kind, calls, errors, duration_ns_sum, duration_ns_min, duration_ns_max, buckets, counts)
            select date_trunc('minute', min(start_time)), 'frontend', 'cart', 2, 10, 1, 1e8, 1000000, 40000000, '{160,168,180}', '{5,4,1}' from otel.spans;
            insert into otel.partition_progress (topic, partition, next_offset, records, empty_records) values ('otlp', 0, 10, 10, 0);
            insert into otel.ingest_flushes (from_offset, to_offset, partition, spans, log_records, metric_number_points, service_name, topic, offsets, rows)
            values (0, 10, 0, 100, 10, 1, 'cart', 'otlp', '{1}', '{111}');
            insert into otel.offset_gaps (topic, partition, from_offset, to_offset, reason) values ('otlp', 0, 3, 5, 'retention');
            insert into otel.maintenance_log (action, table_name, affected, seconds) values ('make_leaves', 'spans', 3, 0.1);
            """);
        return sql;
    }
}
