using Google.Protobuf;
using OpenTelemetry.Proto.Metrics.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

public sealed class MetricRowTests
{
    private const ulong Start = 1_700_000_000_000_000_001, Time = 1_700_000_060_000_000_999;

    [Fact]
    public void All_kinds_of_points_keep_all_they_hold()
    {
        var metrics = AllKinds();
        RowAssert.Metrics(metrics, Assert.Single(Decode(Signal.Metrics, Metrics("shop", metrics).ToByteArray())).Batch);
    }

    [Fact]
    public void Packed_unpacked_and_mixed_numbers_are_the_same()
    {
        static byte[] Double(double value) => BitConverter.GetBytes(value);
        static byte[] Long(ulong value) => BitConverter.GetBytes(value);
        byte[] packed = Join(Field(6, Long(1), Long(2), Long(3)), Field(7, Double(1.5), Double(2.5)));
        byte[] unpacked = Join([0x31], Long(1), [0x39], Double(1.5), [0x31], Long(2), [0x31], Long(3), [0x39], Double(2.5));
        byte[] mixed = Join([0x31], Long(1), Field(7, Double(1.5)), Field(6, Long(2), Long(3)), Field(7), Field(7, Double(2.5)));
        var batches = new[] { packed, unpacked, mixed }.Select(p => Decode(Signal.Metrics, Request("shop", Field(9, Field(1, p))))[0].Batch).ToList();
        Assert.Equal([1L, 2L, 3L], Assert.Single(RowReader.Of(batches[0], CopyLayouts.HistogramPoints))["bucket_counts"] as long[] ?? []);
        Assert.All(batches, b => Assert.Equal(batches[0].Tables[0].Bytes.Memory, b.Tables[0].Bytes.Memory));
        Assert.All(batches, b => Assert.Equal([1.5, 2.5], Assert.Single(RowReader.DimensionsOf(b, CopyLayouts.HistogramBounds))["explicit_bounds"] as double[] ?? []));

        byte[] Buckets(params byte[][] counts) => Request("shop", Field(10, Field(1, Field(8, counts))));
        var exponential = new[] { Buckets(Field(2, [1, 0x80, 0x02, 3])), Buckets([0x10, 1], [0x10, 0x80, 0x02], [0x10, 3]), Buckets(Field(2, [1]), [0x10, 0x80, 0x82, 0x00], Field(2, [3])) };
        foreach (var payload in exponential)
        {
            var row = Assert.Single(Rows(Decode(Signal.Metrics, payload), CopyLayouts.ExponentialHistogramPoints));
            Assert.Equal([1L, 256L, 3L], row["positive_counts"] as long[] ?? []);
            Assert.Null(row["negative_counts"]);
        }
    }

    [Fact]
    public void A_bucket_count_beyond_bigint_is_clamped_and_kept_in_the_original()
    {
        var point = Histogram(h => h.BucketCounts[0] = ulong.MaxValue);
        var row = Assert.Single(Rows(Decode(Signal.Metrics, Metrics("shop", new Metric { Name = "h", Histogram = new() { DataPoints = { point } } }).ToByteArray()), CopyLayouts.HistogramPoints));
        Assert.Equal(long.MaxValue, ((long[])row["bucket_counts"]!)[0]);
        Assert.Equal(point.ToByteArray(), row.Bytes("lossless"));
    }

    [Fact]
    public void Data_given_twice_is_merged_and_of_two_kinds_the_last_one_counts()
    {
        var one = new Metric { Name = "m", Sum = new() { IsMonotonic = true, DataPoints = { Number(n => n.AsInt = 1) } } };
        var two = new Metric { Sum = new() { AggregationTemporality = AggregationTemporality.Delta, DataPoints = { Number(n => n.AsInt = 2) } } };
        var gauge = new Metric { Gauge = new() { DataPoints = { Number(n => n.AsInt = 3) } } };
        foreach (var parts in new[] { new[] { one, two }, [one, gauge], [gauge, one, two], [one, gauge, two] })
        {
            var item = Join([.. parts.Select(p => p.ToByteArray())]);
            RowAssert.Metrics([Metric.Parser.ParseFrom(item)], Assert.Single(Decode(Signal.Metrics, Request("shop", item))).Batch);
        }
    }

    [Fact]
    public void Points_of_one_series_share_its_row_whatever_the_order_of_their_fields()
    {
        var point = Number(n => n.AsInt = 1);
        point.Attributes.Add(Attribute("b", Value(2)));
        var fields = Fields(point.ToByteArray());
        var random = new Random(2);
        var points = Enumerable.Range(0, 20).Select(_ => Field(1, Join([.. fields.OrderBy(_ => random.Next())]))).ToArray();
        var batch = Assert.Single(Decode(Signal.Metrics, Request("shop", Join(Field(1, "m"u8.ToArray()), Field(5, points))))).Batch;
        Assert.Single(RowReader.DimensionsOf(batch, CopyLayouts.MetricSeries));
        Assert.Equal(20, RowReader.Of(batch, CopyLayouts.NumberPoints).Count);
    }

    [Fact]
    public void A_series_that_jsonb_cannot_hold_keeps_its_original_metric()
    {
        var point = new NumberDataPoint { Attributes = { Attribute("k", Value("a\0b")) } };
        var metric = new Metric { Name = "m", Description = "d", Unit = "1", Gauge = new() { DataPoints = { point } }, Metadata = { Attribute("x", Value(1)) } };
        var series = Assert.Single(Dimensions(Decode(Signal.Metrics, Metrics("shop", metric).ToByteArray()), CopyLayouts.MetricSeries));
        Assert.Equal(metric, Metric.Parser.ParseFrom(series.Bytes("lossless")));
    }

    [Fact]
    public void Each_part_of_a_series_identity_makes_another_series()
    {
        static Metric Sum(Action<Metric> change)
        {
            var metric = new Metric { Name = "m", Unit = "1", Sum = new() { DataPoints = { new NumberDataPoint { AsInt = 1, Attributes = { Attribute("k", Value("v")) } } } } };
            change(metric);
            return metric;
        }

        var batch = Assert.Single(Decode(Signal.Metrics, Metrics(
            "shop",
            Sum(_ => { }),
            Sum(m => m.Description = "no part of it"),
            Sum(m => m.Name = "m1"),
            Sum(m => (m.Name, m.Unit) = ("m", "")),
            Sum(m => (m.Name, m.Unit) = ("", "m1")),
            Sum(m => m.Sum.IsMonotonic = true),
            Sum(m => m.Sum.AggregationTemporality = AggregationTemporality.Delta),
            Sum(m => m.Gauge = new() { DataPoints = { m.Sum.DataPoints } }),
            Sum(m => m.Sum.DataPoints[0].Attributes[0].Value = Value(1)),
            Sum(m => m.Sum.DataPoints[0].Attributes[0].Value = Value(1.0))).ToByteArray())).Batch;
        Assert.Equal(9, RowReader.DimensionsOf(batch, CopyLayouts.MetricSeries).Count);
    }

    /// <summary>Points of all kinds with something in every field, and with nothing.</summary>
    internal static Metric[] AllKinds() =>
    [
        new Metric { Name = "g", Unit = "By", Description = "d\"", Gauge = new() { DataPoints = { Number(n => n.AsDouble = double.NaN), Number(n => n.AsInt = long.MinValue), Number(_ => { }) } } },
        new Metric
        {
            Name = "s", Metadata = { Attribute("m", Value(1)) },
            Sum = new() { AggregationTemporality = AggregationTemporality.Delta, IsMonotonic = true, DataPoints = { Number(n => n.AsInt = 5), Number(n => (n.AsInt, n.Flags) = (5, 1)) } },
        },
        new Metric
        {
            Name = "h",
            Histogram = new()
            {
                AggregationTemporality = AggregationTemporality.Cumulative,
                DataPoints = { Histogram(_ => { }), Histogram(h => (h.Sum, h.Min, h.Max) = (0, -1, double.PositiveInfinity)), Histogram(h => (h.Flags, h.Sum) = (1, 5)), new HistogramDataPoint { Count = 10_000 } },
            },
        },
        new Metric { Name = "e", ExponentialHistogram = new() { AggregationTemporality = AggregationTemporality.Delta, DataPoints = { Exponential(), new ExponentialHistogramDataPoint() } } },
        new Metric
        {
            Name = "q",
            Summary = new()
            {
                DataPoints =
                {
                    new SummaryDataPoint { TimeUnixNano = Time, Count = 12_340_000, Sum = 1.5, QuantileValues = { new SummaryDataPoint.Types.ValueAtQuantile { Quantile = 0.5, Value = 1 }, new SummaryDataPoint.Types.ValueAtQuantile() } },
                    new SummaryDataPoint(),
                },
            },
        },
        new Metric { Name = "nothing" },
    ];

    private static NumberDataPoint Number(Action<NumberDataPoint> change)
    {
        var point = new NumberDataPoint
        {
            StartTimeUnixNano = Start,
            TimeUnixNano = Time,
            Attributes = { Attribute("k", Value("v")) },
            Exemplars =
            {
                new Exemplar { TimeUnixNano = Start, AsDouble = 0.5, TraceId = ByteString.CopyFrom(TraceId), SpanId = ByteString.CopyFrom(SpanId), FilteredAttributes = { Attribute("f", Value(1)) } },
                new Exemplar { AsInt = -3 },
            },
        };
        change(point);
        return point;
    }

    private static HistogramDataPoint Histogram(Action<HistogramDataPoint> change)
    {
        var point = new HistogramDataPoint
        {
            TimeUnixNano = Time,
            Count = ulong.MaxValue,
            BucketCounts = { 1, 0, long.MaxValue },
            ExplicitBounds = { 0.5, 10 },
            Exemplars = { new Exemplar { AsDouble = 7 } },
        };
        change(point);
        return point;
    }

    private static ExponentialHistogramDataPoint Exponential() => new()
    {
        StartTimeUnixNano = Start,
        TimeUnixNano = Time,
        Attributes = { Attribute("k", Value("v")) },
        Count = 7,
        Sum = -1.5,
        Scale = -3,
        ZeroCount = ulong.MaxValue - 1,
        ZeroThreshold = 1e-9,
        Min = -2,
        Max = 3,
        Positive = new() { Offset = -5, BucketCounts = { 1, 300, 70_000 } },
        Negative = new() { Offset = int.MaxValue },
        Exemplars = { new Exemplar { AsInt = 1 } },
    };
}
