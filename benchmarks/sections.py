"""The sections, in the order of the report. To add one is a file and a line here."""

from benchmarks import formulations, growth, job, truth
from benchmarks.section import Section

SECTIONS: tuple[Section, ...] = (job.SECTION, truth.SECTION, formulations.SECTION, growth.SECTION)
