using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace OtelOrleans.Silo.Demo;

/// <summary>The few functions of librdkafka's C API that make a mock cluster (header <c>rdkafka_mock.h</c>).</summary>
/// <remarks>
/// Every mock function posts to the cluster's own thread and is safe to call from any thread. The API is marked experimental upstream: the tests of
/// <see cref="EmbeddedKafka"/> are what tells us when an update of the package moves it.
/// </remarks>
internal static class MockKafka
{
    /// <summary>What librdkafka calls the kind of client that only sends.</summary>
    internal const int Producer = 0;

    private const string Library = "librdkafka";

    /// <summary>
    /// The files to try, in Confluent.Kafka's order, so that both load the same one. Debian has no <c>libsasl2.so.3</c>, which the first needs.
    /// </summary>
    private static readonly string[] Candidates = ["librdkafka", "centos8-librdkafka", "alpine-librdkafka"];

    static MockKafka() => NativeLibrary.SetDllImportResolver(typeof(MockKafka).Assembly, (name, assembly, path) =>
    {
        if (name != Library)
        {
            return IntPtr.Zero;
        }

        foreach (var candidate in Candidates)
        {
            if (NativeLibrary.TryLoad(candidate, assembly, path, out var handle))
            {
                return handle;
            }
        }

        return IntPtr.Zero;
    });

    [DllImport(Library, EntryPoint = "rd_kafka_conf_new")]
    internal static extern IntPtr NewConf();

    [DllImport(Library, EntryPoint = "rd_kafka_conf_set")]
    internal static extern int SetConf(
        IntPtr conf,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string name,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string value,
        byte[] error,
        UIntPtr errorBytes);

    /// <summary>Takes ownership of <paramref name="conf"/> unless it returns null.</summary>
    [DllImport(Library, EntryPoint = "rd_kafka_new")]
    internal static extern IntPtr NewClient(int kind, IntPtr conf, byte[] error, UIntPtr errorBytes);

    [DllImport(Library, EntryPoint = "rd_kafka_conf_destroy")]
    internal static extern void DestroyConf(IntPtr conf);

    [DllImport(Library, EntryPoint = "rd_kafka_destroy")]
    internal static extern void DestroyClient(IntPtr client);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_cluster_new")]
    internal static extern IntPtr NewCluster(IntPtr client, int brokers);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_cluster_destroy")]
    internal static extern void DestroyCluster(IntPtr cluster);

    /// <summary>A C string that lives as long as the cluster.</summary>
    [DllImport(Library, EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
    internal static extern IntPtr Bootstraps(IntPtr cluster);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_topic_create")]
    internal static extern ErrorCode CreateTopic(
        IntPtr cluster, [MarshalAs(UnmanagedType.LPUTF8Str)] string topic, int partitions, int replicas);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_push_request_errors_array")]
    internal static extern void PushErrors(IntPtr cluster, short apiKey, UIntPtr count, ErrorCode[] errors);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_clear_request_errors")]
    internal static extern void ClearErrors(IntPtr cluster, short apiKey);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_broker_set_down")]
    internal static extern ErrorCode SetDown(IntPtr cluster, int broker);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_broker_set_up")]
    internal static extern ErrorCode SetUp(IntPtr cluster, int broker);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_broker_set_rtt")]
    internal static extern ErrorCode SetRoundTrip(IntPtr cluster, int broker, int milliseconds);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_partition_set_leader")]
    internal static extern ErrorCode SetLeader(
        IntPtr cluster, [MarshalAs(UnmanagedType.LPUTF8Str)] string topic, int partition, int broker);

    [DllImport(Library, EntryPoint = "rd_kafka_mock_partition_delete_records")]
    internal static extern ErrorCode DeleteRecords(
        IntPtr cluster, [MarshalAs(UnmanagedType.LPUTF8Str)] string topic, int partition, long beforeOffset);
}
