using System.IO.Hashing;
using OtelOrleans.Proto;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// From <c>ExportMetricsServiceRequest</c> to a dimension row per series and a narrow row per data point and exemplar. A metric without data has no rows.
/// </summary>
internal sealed class MetricsDecoder(DimensionCache dimensions, ChunkRows rows) : SignalDecoder(dimensions, rows)
{
    private readonly XxHash128 _hasher = ContentKey.NewHasher();
    private readonly MetricMetadata _metadata = new();
    private readonly DimensionCache _dimensions = dimensions;

    /// <inheritdoc/>
    protected override void BeginPayload()
    {
    }

    /// <inheritdoc/>
    protected override void DecodeItem(ReadOnlySpan<byte> message)
    {
        var metric = new MetricHeader { Resource = Resource, Scope = Scope, MetadataRow = _metadata };
        uint dataTag = 0;
        FieldRange metadata = default;
        ReadOnlySpan<byte> data = default;

        // A oneof: the last kind counts; if it occurs again with no other in between, its occurrences are merged.
        var runStart = 0;
        var runLength = 0;
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var at = reader.Position;
            var tag = reader.ReadTag();
            switch (tag)
            {
                case MetricFields.Name:
                    metric.Name = reader.ReadBytes();
                    break;
                case MetricFields.Description:
                    metric.Description = reader.ReadBytes();
                    break;
                case MetricFields.Unit:
                    metric.Unit = reader.ReadBytes();
                    break;
                case MetricFields.Metadata:
                    reader.ReadBytes();
                    metadata.Extend(at, reader.Position);
                    break;
                case MetricFields.Gauge or MetricFields.Sum or MetricFields.Histogram or MetricFields.ExponentialHistogram or MetricFields.Summary:
                    if (tag != dataTag)
                    {
                        dataTag = tag;
                        runStart = at;
                        runLength = 0;
                    }

                    data = reader.ReadBytes();
                    runLength++;
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        if (dataTag == 0)
        {
            return;
        }

        // Each series reads it: with other fields in between, each would read those.
        metric.Metadata = metadata.HasGaps ? MergedField.Extract(message, MetricFields.Metadata) : metadata.Of(message);
        _metadata.Clear();
        if (IsTooLarge(metric.Length))
        {
            ThrowTooLarge("metric without its data", metric.Length);
        }

        metric.Type = dataTag switch
        {
            MetricFields.Gauge => MetricType.Gauge,
            MetricFields.Sum => MetricType.Sum,
            MetricFields.Histogram => MetricType.Histogram,
            MetricFields.ExponentialHistogram => MetricType.ExponentialHistogram,
            _ => MetricType.Summary,
        };
        DecodeData(ref metric, runLength > 1 ? MergedField.Concat(message[runStart..], dataTag) : data);
    }

    private void DecodeData(ref MetricHeader metric, ReadOnlySpan<byte> data)
    {
        var reader = new WireReader(data);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            switch (tag)
            {
                case MetricDataFields.AggregationTemporality when metric.Type is MetricType.Sum or MetricType.Histogram or MetricType.ExponentialHistogram:
                    metric.Temporality = (int)reader.ReadUInt32();
                    break;
                case MetricDataFields.IsMonotonic when metric.Type is MetricType.Sum:
                    metric.IsMonotonic = reader.ReadVarint() != 0;
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        metric.ComputeHash(_hasher);
        reader = new WireReader(data);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag == MetricDataFields.DataPoints)
            {
                Service.CountItem();
                DecodePoint(metric, reader.ReadBytes());
            }
            else
            {
                reader.Skip(tag);
            }
        }
    }

    private void DecodePoint(in MetricHeader metric, ReadOnlySpan<byte> point)
    {
        if (IsTooLarge(point.Length))
        {
            ThrowTooLarge("data point", point.Length);
        }

        switch (metric.Type)
        {
            case MetricType.Gauge or MetricType.Sum:
                NumberPointRow.Write(Service, _dimensions, metric, point);
                break;
            case MetricType.Histogram:
                HistogramPointRow.Write(Service, _dimensions, metric, point);
                break;
            case MetricType.ExponentialHistogram:
                ExponentialPointRow.Write(Service, _dimensions, metric, point);
                break;
            default:
                SummaryPointRow.Write(Service, _dimensions, metric, point);
                break;
        }
    }
}
