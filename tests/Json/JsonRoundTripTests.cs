using System.Text;
using CsCheck;
using Google.Protobuf;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Proto.Json;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Decoding;

namespace OtelOrleans.Tests.Json;

/// <summary>Any message, in any JSON that says it, is that message again.</summary>
public sealed class JsonRoundTripTests
{
    private const int Messages = 3_000;

    [Fact]
    public void Any_traces_come_through() => ComesThrough<TracesData>(Signal.Traces);

    [Fact]
    public void Any_logs_come_through() => ComesThrough<LogsData>(Signal.Logs);

    [Fact]
    public void Any_metrics_come_through() => ComesThrough<MetricsData>(Signal.Metrics);

    [Fact]
    public void Traces_give_the_same_rows_in_json_as_in_protobuf() => GivesTheSameRows<TracesData>(Signal.Traces);

    [Fact]
    public void Logs_give_the_same_rows_in_json_as_in_protobuf() => GivesTheSameRows<LogsData>(Signal.Logs);

    [Fact]
    public void Metrics_give_the_same_rows_in_json_as_in_protobuf() => GivesTheSameRows<MetricsData>(Signal.Metrics);

    private static void ComesThrough<T>(Signal signal)
        where T : IMessage, new()
    {
        var transcoder = new OtlpJsonTranscoder();
        Gen.Int.Sample(
            seed =>
            {
                var random = new Random(seed);
                var message = RandomMessages.Create<T>(random);
                var json = RandomJson.Write(message, random);
                Assert.True(OtlpJson.IsJson(json), Encoding.UTF8.GetString(json));
                var actual = JsonPayloads.Parse(signal, JsonPayloads.Transcode(transcoder, signal, json));
                Assert.True(message.Equals(actual), $"{message}\nas\n{Encoding.UTF8.GetString(json)}\nbecame\n{actual}");
            },
            iter: Messages,
            threads: 1);
    }

    private static void GivesTheSameRows<T>(Signal signal)
        where T : IMessage, new() => Gen.Int.Sample(
            seed =>
            {
                var random = new Random(seed);
                var protobufBytes = RandomMessages.Create<T>(random).ToByteArray();
                // Read back: Google.Protobuf writes no negative zero where zero is the default, and JSON would.
                var message = JsonPayloads.Parse(signal, protobufBytes);
                var expected = Payloads.Decode(signal, protobufBytes);
                var actual = Payloads.Decode(signal, RandomJson.Write(message, random));
                Assert.Equal(expected.Select(b => b.ServiceName), actual.Select(b => b.ServiceName));
                foreach (var (protobuf, json) in expected.Zip(actual))
                {
                    Assert.Equal(protobuf.Batch.Tables.Select(t => t.Layout), json.Batch.Tables.Select(t => t.Layout));
                    Assert.Equal(protobuf.Batch.Dimensions.Select(t => t.Layout), json.Batch.Dimensions.Select(t => t.Layout));
                    foreach (var (one, other) in protobuf.Batch.Tables.Zip(json.Batch.Tables))
                    {
                        AssertRows(one.Layout, one.Bytes.Span, other.Bytes.Span);
                    }

                    foreach (var (one, other) in protobuf.Batch.Dimensions.Zip(json.Batch.Dimensions))
                    {
                        AssertRows(one.Layout, one.Bytes, other.Bytes);
                    }
                }
            },
            iter: Messages / 5,
            threads: 1);

    // Column by column. Original messages are equal but not in their bytes: their order of fields and the width of their lengths are those of the JSON.
    private static void AssertRows(short layoutId, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        Assert.True(CopyLayouts.TryGet(layoutId, out var layout));
        List<RowReader.Row> rows = RowReader.Parse(layout, expected), others = RowReader.Parse(layout, actual);
        Assert.Equal(rows.Count, others.Count);
        foreach (var (row, other) in rows.Zip(others))
        {
            foreach (var column in layout.Columns)
            {
                if (column.Type == "jsonb")
                {
                    Assert.Equal(row[column.Name]?.ToString(), other[column.Name]?.ToString());
                }
                else if (column.Type == "bytea")
                {
                    Assert.True(
                        row[column.Name] is null == other[column.Name] is null,
                        $"{layout.Table}.{column.Name}: {row[column.Name]?.ToString() ?? "null"} from protobuf, {other[column.Name]?.ToString() ?? "null"} from JSON; {string.Join(", ", layout.Columns.Select(c => $"{c.Name}={row[c.Name]}"))}");
                }
                else
                {
                    Assert.Equal(row[column.Name], other[column.Name]);
                }
            }
        }
    }
}
