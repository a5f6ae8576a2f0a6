// SPDX-License-Identifier: GPL-3.0-or-later
// A Flamenco 3 job type: a plan of `mien batch` in parts, one for each task, then one report of all of them.
// Put this file into the folder `scripts` beside flamenco-manager, and give the variable {mien} a value for each
// platform in flamenco-manager.yaml.

const JOB_TYPE = {
    label: "Mien Batch",
    description: "Takes and films of the lines of a plan, in parts on all workers, then one report",
    settings: [
        { key: "plan", type: "string", subtype: "file_path", required: true,
          description: "The plan, .csv or .json, or a folder of sounds; every worker sees it" },
        { key: "output", type: "string", subtype: "dir_path", required: true,
          description: "The folder for all that is made; every worker sees it" },
        { key: "parts", type: "int32", default: 8, propargs: { min: 1, max: 1000 },
          description: "So many tasks; about twice the number of workers" },
        { key: "most_flagged", type: "string", default: "5%",
          description: "The share of lines with faults above which the job fails" },
    ],
};

function compileJob(job) {
    const settings = job.settings;
    const report = batchTask("report", settings, ["--most-flagged", settings.most_flagged]);
    for (let part = 1; part <= settings.parts; part++) {
        // faults fail the report alone: a part that fails would be tried again on another worker
        const task = batchTask(`part-${part}`, settings, ["--part", `${part}/${settings.parts}`, "--most-flagged", "100%"]);
        report.addDependency(task);
        job.addTask(task);
    }
    job.addTask(report);
}

function batchTask(name, settings, more) {
    const task = author.Task(name, "misc");
    task.addCommand(author.Command("exec", {
        exe: "{mien}",
        args: ["batch", settings.plan, "-o", settings.output].concat(more),
    }));
    return task;
}
